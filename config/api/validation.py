"""Validation of bodies, by a serializer and by the rules of the services."""

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework import serializers

from config.api.fields import StrictSerializer
from config.camel_case import to_camel_case
from config.exceptions import InvalidField


def validate(
    serializer_class: type[StrictSerializer], data: Any, check: Callable[[dict[str, Any]], Any] | None = None
) -> dict[str, Any]:
    """Return the validated `data` under the service's names. Raises `ValidationError` for each wrong field.

    Then `check` gets the valid ones. It raises what the service would, so that one response names everything.
    """
    serializer = _cached(serializer_class)
    try:
        return dict(serializer.run_validation(data))
    except serializers.ValidationError as error:
        if check:
            try:
                check(serializer.valid_part(data))
            except InvalidField as refused:
                raise InvalidBody(error.detail, refused) from None
        raise


class InvalidBody(serializers.ValidationError):
    """Wrong fields of a body, and what the service refuses of the others."""

    def __init__(self, detail: Any, refused: InvalidField) -> None:
        super().__init__(detail)
        self.detail, self.refused = detail, refused


@cache
def _cached(serializer_class: type[StrictSerializer]) -> StrictSerializer:
    """One instance for all requests: it keeps no state, and copying its fields costs more than validating."""
    return serializer_class()


def as_nested_errors(error: InvalidField, *, below: str) -> serializers.ValidationError:
    """Turn the errors of a service, whose paths begin with `below`, into a `ValidationError` of that field."""
    nested: dict[Any, Any] = {}
    for each in error.errors:
        *parents, name = [
            to_camel_case(part) if isinstance(part, str) else part for part in each.field if part != below
        ]
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = [serializers.ErrorDetail(each.detail, each.field_code)]
    return serializers.ValidationError(nested)
