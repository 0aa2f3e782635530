"""Fields with the rules of this app."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from companies.addresses import MAX_LENGTH, normalize_address
from config.api.fields import StrictCharField, as_validation_error
from config.time_zones import validate_time_zone

MAX_TYPED = 500  # an address with the name of its owner


@extend_schema_field({"type": "string", "format": "email", "maxLength": MAX_LENGTH})
class AddressField(StrictCharField):
    """An email address, normalized. See `normalize_address`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_TYPED, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        typed = super().to_internal_value(data)
        with as_validation_error():
            return normalize_address(typed)


class TimeZoneField(StrictCharField):
    """The name of a time zone. See `validate_time_zone`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        with as_validation_error():
            return validate_time_zone(name)


@extend_schema_field({"type": "string", "format": "email", "maxLength": MAX_LENGTH})
class EmailFilterField(serializers.CharField):
    """An address to search for, normalized like stored ones. Rejects invalid addresses."""

    def __init__(self, normalize: Callable[[str], str] = normalize_address, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_LENGTH, **kwargs)
        self.normalize = normalize

    def to_internal_value(self, data: Any) -> str:
        typed = super().to_internal_value(data)
        with as_validation_error():
            return self.normalize(typed)
