"""Generator of the OpenAPI document."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator


class OpenAPIGenerator(SchemaGenerator):
    """Generates OpenAPI 3.1, and keeps the same document in OpenAPI 3.0, which knows no webhooks, for older tools."""

    openapi_3_0: dict[str, Any]

    def get_schema(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        generated = super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.openapi_3_0 = {name: part for name, part in generated.items() if name != "webhooks"}
        return _to_openapi_3_1(generated)


def _to_openapi_3_1(document: dict[str, Any]) -> dict[str, Any]:
    """Convert a document of OpenAPI 3.0, for which drf-spectacular finds more enums of nullable fields."""
    return {**_as_json_schema(document), "openapi": "3.1.0"}


def _as_json_schema(node: Any) -> Any:
    """Replace `nullable` by the type `null`, and `example` by `examples`."""
    if isinstance(node, list):
        return [_as_json_schema(child) for child in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _as_json_schema(child) for name, child in node.items()}
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    if schema.pop("nullable", None) is not True:
        return schema
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    (reference,) = schema.pop("allOf")
    return {"oneOf": [reference, {"type": "null"}], **schema}
