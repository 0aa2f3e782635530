"""Serializers and fields that take exactly what they say: no unknown names, no `"5"` for 5, no 1 for true."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from django_countries import countries
from rest_framework import serializers

from config.exceptions import InvalidField
from config.validators import (
    INVALID_LANGUAGE_TAG,
    LANGUAGE_TAG,
    MAX_LANGUAGE_TAG_LENGTH,
    validate_multi_line,
    validate_single_line,
)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt one must never be ignored."""

    default_error_messages = {"invalid": "Give an object, in braces."}

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


class NullMeansOmitted(StrictSerializer):
    """A body that creates something: null is the same as not given, but where something must be given."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = field.allow_null or not field.required
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in attrs.items() if value is not None}


class EmptyBody(StrictSerializer):
    """An empty object, or no body."""


@cache
def _serializer(kind: type[StrictSerializer]) -> StrictSerializer:
    """One for all requests: it keeps nothing of what it validates, and to copy its fields costs more than that."""
    return kind()


class Text(serializers.CharField):
    """A string, and only a string; without surrounding spaces."""

    default_error_messages = {"invalid": "Give text in quotation marks."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Line(Text):
    """One line that people read, such as a name: by `validate_single_line`."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.longest = max_length

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        with as_validation_error():
            return validate_single_line(text, max_length=self.longest, field=())


class Message(Line):
    """Several lines that people read: by `validate_multi_line`."""

    def to_internal_value(self, data: Any) -> str:
        text = Text.to_internal_value(self, data)
        with as_validation_error():
            return validate_multi_line(text, max_length=self.longest, field=())


@contextmanager
def as_validation_error() -> Iterator[None]:
    """What a rule refuses inside is an error of the field whose value it was asked of."""
    try:
        yield
    except InvalidField as refusal:
        raise serializers.ValidationError(refusal.detail, code=refusal.field_code) from None


class Integer(serializers.IntegerField):
    """A number without a fraction, and only a number."""

    default_error_messages = {"invalid": "Give a whole number, without quotation marks."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class QueryInteger(serializers.IntegerField):
    """The same in a query, where everything is text: digits, and nothing else."""

    default_error_messages = {"invalid": "Give a whole number in digits."}

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch("-?[0-9]{1,18}", data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Boolean(serializers.BooleanField):
    """`true` or `false`."""

    default_error_messages = {"invalid": "Give true or false, without quotation marks."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class List(serializers.ListField):
    """A list, and only a list."""

    default_error_messages = {"not_a_list": "Give a list, in brackets."}


class TextMap(serializers.DictField):
    """String pairs, at most `max_pairs`, keys of at most `max_key` characters."""

    default_error_messages = {"not_a_dict": "Give an object of names and texts, in braces."}

    def __init__(self, *, max_pairs: int, max_key: int, max_value: int, **kwargs: Any) -> None:
        super().__init__(child=Text(allow_blank=True, max_length=max_value, trim_whitespace=False), **kwargs)
        self.max_pairs, self.max_key = max_pairs, max_key

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            if len(data) > self.max_pairs:
                raise serializers.ValidationError(f"At most {self.max_pairs} pairs.", code="max_pairs")
            if wrong := {key: [words] for key in data if (words := self._wrong(key))}:
                raise serializers.ValidationError(wrong, code="invalid_key")
        return super().to_internal_value(data)

    def _wrong(self, key: str) -> str:
        if len(key) > self.max_key:
            return f"A key has at most {self.max_key} characters."
        return "A key has no NUL character." if "\x00" in key else ""


class Country(serializers.RegexField):
    """A country that exists, by its ISO 3166-1 alpha-2 code."""

    default_error_messages = {"invalid": "There is no such country. Give its ISO 3166-1 alpha-2 code, such as GB."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{2}$", **{"help_text": "ISO 3166-1 alpha-2.", **kwargs})

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in countries:
            self.fail("invalid")
        return code


class Locale(serializers.RegexField):
    """A language tag (BCP 47), such as `en` or `de-AT`."""

    default_error_messages = {"invalid": INVALID_LANGUAGE_TAG}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LANGUAGE_TAG, max_length=MAX_LANGUAGE_TAG_LENGTH, **kwargs)
