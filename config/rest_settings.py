"""Settings of Django REST framework."""

from typing import Any


def rest_settings(*, authentication: str, permission: str) -> dict[str, Any]:
    return {
        "DEFAULT_RENDERER_CLASSES": ["config.api.json.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["config.api.json.JSONParser"],
        "DEFAULT_AUTHENTICATION_CLASSES": [authentication],
        "DEFAULT_PERMISSION_CLASSES": [permission],
        "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.negotiation.JSONNegotiation",
        "DEFAULT_SCHEMA_CLASS": "config.api.schema.ApiSchema",
        "EXCEPTION_HANDLER": "config.api.exception_handler.exception_handler",
        "UNAUTHENTICATED_USER": None,
        "URL_FORMAT_OVERRIDE": None,
    }
