"""Examples in the OpenAPI document, derived from serializers."""

from typing import Any

from rest_framework import serializers

# a subclass stands before its base class
BY_TYPE: dict[type[serializers.Field[Any, Any, Any, Any]], Any] = {
    serializers.UUIDField: "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21",
    serializers.DateTimeField: "2026-11-25T09:30:00.000000Z",
    serializers.DateField: "2026-01-01",
    serializers.BooleanField: False,
    serializers.IntegerField: 1,
    serializers.EmailField: "jane@example.com",
    serializers.URLField: "https://www.example.com/login",
    serializers.CharField: "text",
    serializers.ListField: [],
    serializers.DictField: {},
}


def example_of(serializer_class: Any) -> dict[str, Any]:
    """Return an example of a response. The serializer's `example` has the values that field types cannot give."""
    example = getattr(serializer_class, "example", {})
    fields = (serializer_class if isinstance(serializer_class, serializers.Serializer) else serializer_class()).fields
    return {
        name: example[name] if name in example else _value(field)
        for name, field in fields.items()
        if field.required or name in example
    }


def _value(field: Any) -> Any:
    if field.allow_null:
        return None
    if isinstance(field, serializers.ListSerializer):
        return [example_of(field.child)]
    if isinstance(field, serializers.Serializer):
        return example_of(field)
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices))
    return next(value for kind, value in BY_TYPE.items() if isinstance(field, kind))
