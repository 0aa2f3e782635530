"""Settings of the OpenAPI document (drf-spectacular)."""

from typing import Any

DESCRIPTION = """\
Invite someone to connect a utility account, without sending passwords by mail.

- Send your API key in the header `X-API-KEY` of every request. `ping` says whose key it is.
- Every error is a problem document (RFC 9457) with a stable `code`, and each operation lists its codes. An unknown path
  is a 404. An unsupported method is a 405 (`METHOD_NOT_ALLOWED`) with an `Allow` header.
- Send an `Idempotency-Key` with each POST: a retry then changes nothing a second time.
- Lists are pages, newest first: send `nextCursor` as `cursor` to get the next one.
- Null means never, unlimited or none. Unknown fields and parameters are errors.
- Objects may get new fields, and most enums new values: the description of each enum says which. The `code` of errors
  may get new values, too. Do not fail on unknown ones.
"""

# in the order of the document
TAGS = [
    {"name": "invitation", "description": "Limited-use links, through which a person connects or repairs an account."},
    {"name": "connection", "description": "Accounts at providers: status, details and credentials."},
    {"name": "company", "description": "The companies whose accounts are connected."},
    {"name": "site", "description": "The places of a company."},
    {"name": "datasource", "description": "The catalogue of utility providers."},
    {"name": "webhook", "description": "Endpoints of yours that are told of events, and their deliveries."},
    {"name": "message", "description": "The messages that your endpoint gets."},
    {"name": "event", "description": "The same events as a feed, for 30 days."},
    {"name": "test mode", "description": "Simulated steps of the contributor and results, for keys of the test mode."},
    {"name": "ping", "description": "Check of the API key."},
]


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def order_of(endpoint: tuple[str, str, str, Any]) -> tuple[str, int]:
    """Sort paths with an id behind those without, the same in every process."""
    path, _, method, _ = endpoint
    return path.replace("{", "~"), METHODS.index(method)


def openapi_settings(*, server: str, enum_names: dict[str, str], hooks: list[str]) -> dict[str, Any]:
    """Return drf-spectacular's settings. `enum_names` maps names of enums to the paths of their classes.

    `hooks` are paths of more postprocessing hooks.
    """
    return {
        "TITLE": "Latchkey",
        "VERSION": "2",
        "DESCRIPTION": DESCRIPTION,
        "TAGS": TAGS,
        "SERVERS": [{"url": server}],
        "DEFAULT_GENERATOR_CLASS": "config.api.generator.OpenAPIGenerator",
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_AUTHENTICATION": [],  # the document is for anyone, also with a wrong key
        "COMPONENT_SPLIT_REQUEST": True,
        "COMPONENT_SPLIT_PATCH": False,  # the bodies of updates are serializers of their own
        "SORT_OPERATIONS": order_of,
        "CAMELIZE_NAMES": True,
        "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
        "ENUM_NAME_OVERRIDES": enum_names,
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "config.api.schema_hooks.share_enums_of_filters",
            "config.api.schema_hooks.describe_enum_growth",
            "config.api.schema_hooks.share_errors_and_headers",
            *hooks,
        ],
    }
