"""JSON schemas of the OpenAPI document."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from config.api.document import openapi_document
from tests.config.api.operations import Operation


def schema_errors(schema: dict[str, Any], value: Any) -> list[str]:
    """Errors of a value that does not match the schema."""
    whole = _to_json_schema(schema) | {"components": _to_json_schema(openapi_document()["components"])}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return openapi_document()["components"]["schemas"][name] if name else schema


def response_content(operation: Operation) -> dict[str, Any]:
    """The documented response of a successful request."""
    (status,) = [status for status in operation.schema["responses"] if status.startswith("2")]
    return operation.schema["responses"][status]["content"]["application/json"]


def _to_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: only `nullable` differs."""
    if isinstance(schema, list):
        return [_to_json_schema(child) for child in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {name: _to_json_schema(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [converted, {"type": "null"}]} if schema.get("nullable") else converted
