"""JSON schemas of the OpenAPI document."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from config.api.document import openapi_document
from tests.config.api.operations import Operation


def schema_errors(schema: dict[str, Any], value: Any) -> list[str]:
    """Errors of a value that does not match the schema."""
    whole = schema | {"components": openapi_document()["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def response_content(operation: Operation) -> dict[str, Any]:
    """The documented response of a successful request."""
    status = max(status for status in operation.schema["responses"] if status.startswith("2"))
    return operation.schema["responses"][status]["content"]["application/json"]
