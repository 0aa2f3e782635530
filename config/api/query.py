"""Strict query parameters."""

from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from config.api.exception_handler import QueryName
from config.api.fields import QueryIntegerField, StrictSerializer
from config.api.validation import validate

DUPLICATE = serializers.ErrorDetail("Send this parameter only once.", "duplicate_field")


class QuerySerializer(StrictSerializer):
    """Query parameters. Only list fields may be repeated; without fields, no parameter is accepted."""

    default_error_messages = {"unknown_field": "Unknown parameter."}


class PageQuery(QuerySerializer):
    """`limit` and `cursor`, as every list takes them."""

    limit = QueryIntegerField(min_value=1, max_value=100, default=50, help_text="Rows of a page.")
    cursor = serializers.CharField(max_length=200, required=False, help_text="The `nextCursor` of the previous page.")


def validate_query(serializer_class: type[QuerySerializer], query: QueryDict) -> dict[str, Any]:
    """Return the validated parameters. Raises `ValidationError` with each wrong one as `?name`."""
    fields = serializer_class._declared_fields
    single = {name for name in query if name in fields and not isinstance(fields[name], serializers.ListField)}
    errors: dict[str, Any] = {name: [DUPLICATE] for name in single if len(query.getlist(name)) > 1}
    values: dict[str, Any] = {}
    try:
        values = validate(
            serializer_class, {name: query[name] if name in single else query.getlist(name) for name in query}
        )
    except serializers.ValidationError as error:
        detail: Any = error.detail
        errors = {**detail, **errors}
    if errors:
        raise serializers.ValidationError({QueryName(name): detail for name, detail in errors.items()})
    return values
