"""Last steps of the OpenAPI document, as postprocessing hooks of drf-spectacular."""

from typing import Any

from django.conf import settings

from config.api.exception_handler import MEDIA_TYPE

GROWS = "New values may be added: do not fail on an unknown one."
FIXED = "No values will be added in this version of the API."


def share_enums_of_filters(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Use the enums of fields for parameters with the same values, and name the others after their operation."""
    schemas = result["components"]["schemas"]
    names = {tuple(sorted(schema["enum"])): name for name, schema in schemas.items() if "enum" in schema}
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                _share_enum(parameter, operation["operationId"], names, schemas)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _share_enum(parameter: dict[str, Any], operation_id: str, names: dict[Any, str], schemas: dict[str, Any]) -> None:
    holder, key = (parameter["schema"], "items") if "items" in parameter["schema"] else (parameter, "schema")
    if "enum" in holder[key]:
        own_name = f"{operation_id[0].upper()}{operation_id[1:]}{parameter['name'].capitalize()}"
        name = names.setdefault(tuple(sorted(holder[key]["enum"])), own_name)
        schemas.setdefault(name, holder[key])
        holder[key] = {"$ref": f"#/components/schemas/{name}"}


def describe_enum_growth(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of each enum whether it may grow (`OPENAPI_FIXED_ENUMS`)."""
    for name, component in result["components"]["schemas"].items():
        if "enum" in component:
            growth = FIXED if name in settings.OPENAPI_FIXED_ENUMS else GROWS
            component["description"] = f"{growth}\n\n{component.get('description', '')}".strip()
    return result


def share_errors_and_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Write the example of each error code once, and each header, as components."""
    examples: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    for operations in result["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                _share(response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}), examples, "examples")
                _share(response.get("headers", {}), headers, "headers")
    result["components"] |= {"examples": dict(sorted(examples.items())), "headers": dict(sorted(headers.items()))}
    return result


def _share(named: dict[str, Any], shared: dict[str, Any], kind: str) -> None:
    """Replace each value by a reference to `shared`. Keeps a value of a name that has another one there."""
    for name, value in named.items():
        if shared.setdefault(name, value) == value or kind == "examples":
            named[name] = {"$ref": f"#/components/{kind}/{name}"}
