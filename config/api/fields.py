"""Serializers and fields that take exactly what they say: no unknown names, no `"5"` for 5, no 1 for true."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django_countries import countries
from rest_framework import serializers

from config.languages import MAX_LENGTH, TAG


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt one must never be ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = serializers.ErrorDetail("There is no field of this name.", "unknown_field")
            if errors := {name: [unknown] for name in data if name not in self.fields}:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    @classmethod
    def checked(cls, data: Any) -> dict[str, Any]:
        """What `data` says, under the service's names. Raises `ValidationError` that points at each wrong field."""
        return dict(_serializer(cls).run_validation(data))


@cache
def _serializer(kind: type[StrictSerializer]) -> StrictSerializer:
    """One for all requests: it keeps nothing of what it validates, and to copy its fields costs more than that."""
    return kind()


class Text(serializers.CharField):
    """A string, and only a string; without surrounding spaces."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Integer(serializers.IntegerField):
    """A number without a fraction, and only a number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Boolean(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class TextMap(serializers.DictField):
    """String pairs, at most `max_pairs`, keys of at most `max_key` characters."""

    def __init__(self, *, max_pairs: int, max_key: int, max_value: int, **kwargs: Any) -> None:
        super().__init__(child=Text(allow_blank=True, max_length=max_value, trim_whitespace=False), **kwargs)
        self.max_pairs, self.max_key = max_pairs, max_key

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            if len(data) > self.max_pairs:
                raise serializers.ValidationError(f"At most {self.max_pairs} pairs.", code="max_pairs")
            if any(len(key) > self.max_key or "\x00" in key for key in data):
                raise serializers.ValidationError(
                    f"A key is text of at most {self.max_key} characters.", code="invalid_key"
                )
        return super().to_internal_value(data)


class Country(serializers.RegexField):
    """A country that exists, by its ISO 3166-1 alpha-2 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{2}$", **{"help_text": "ISO 3166-1 alpha-2.", **kwargs})

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in countries:
            self.fail("invalid")
        return code


class Locale(serializers.RegexField):
    """A language tag (BCP 47), such as `en` or `de-AT`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(TAG, max_length=MAX_LENGTH, **kwargs)
