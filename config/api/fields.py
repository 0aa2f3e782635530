"""Strict serializers and fields: no unknown names, no `"5"` for 5, no 1 for true."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from django_countries import countries
from rest_framework import serializers

from config.db.metadata import MAX_METADATA_KEY_LENGTH, MAX_METADATA_PAIRS, MAX_METADATA_VALUE_LENGTH
from config.exceptions import InvalidField
from config.validators import (
    INVALID_LANGUAGE_TAG,
    LANGUAGE_TAG,
    MAX_LANGUAGE_TAG_LENGTH,
    validate_multi_line,
    validate_reference,
    validate_single_line,
)

MAX_SUGGESTIONS = 10
MAX_NAME_LENGTH = 50
SIMILARITY = 0.7
LOST_PLUS = re.compile(r"(:[0-9.,:]+) ([0-9]{2}:?[0-9]{2})\Z")


class StrictSerializer(serializers.Serializer[Any]):
    """Reports unknown fields together with all other errors: a misspelt field must never be ignored."""

    default_error_messages = {
        "invalid": "Send a JSON object.",
        "unknown_field": "Unknown field.",
    }

    def to_internal_value(self, data: Any) -> Any:
        errors = self._unknown_fields(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail: Any = error.detail
            raise serializers.ValidationError({**errors, **detail}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def valid_part(self, data: Any) -> dict[str, Any]:
        """Return the fields of an invalid body that are valid by themselves, under the service's names."""
        valid: dict[str, Any] = {}
        for name, field in self.fields.items():
            if isinstance(data, Mapping) and name in data and not field.read_only:
                with suppress(serializers.ValidationError, serializers.SkipField):
                    valid[str(field.source)] = self._valid_value(name, field, data[name])
        return valid

    def _valid_value(self, name: str, field: Any, data: Any) -> Any:
        validate_field = getattr(self, f"validate_{name}", lambda value: value)
        try:
            return validate_field(field.run_validation(data))
        except serializers.ValidationError:
            if not isinstance(field, StrictSerializer):
                raise
            return validate_field(field.valid_part(data))

    def _unknown_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        names = [name for name in data if name not in self.fields]
        return {name: [self._unknown(name, suggest=i < MAX_SUGGESTIONS)] for i, name in enumerate(names)}

    def _unknown(self, name: str, *, suggest: bool) -> serializers.ErrorDetail:
        """Names the most similar known field. Bounded, because comparing names is slow and callers choose them."""
        message = str(self.error_messages["unknown_field"])
        may_suggest = suggest and len(name) <= MAX_NAME_LENGTH
        similar = get_close_matches(name, list(self.fields), n=1, cutoff=SIMILARITY) if may_suggest else []
        if similar:
            message += f" Did you mean {similar[0]}?"
        return serializers.ErrorDetail(message, "unknown_field")


class NullMeansOmitted(StrictSerializer):
    """The body of a creation: null means omitted, except for required fields."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = field.allow_null or not field.required
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return _without_null(attrs)

    def valid_part(self, data: Any) -> dict[str, Any]:
        return _without_null(super().valid_part(data))


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class EmptyBody(StrictSerializer):
    """An empty object, or no body."""


class StrictCharField(serializers.CharField):
    """Accepts strings only, and strips surrounding spaces."""

    default_error_messages = {"invalid": "Send a string."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictUUIDField(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):  # DRF also takes integers
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class SingleLineField(StrictCharField):
    """One line of text for people, such as a name. See `validate_single_line`."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.longest = max_length

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        with as_validation_error():
            return validate_single_line(text, max_length=self.longest, field=())


class ReferenceField(SingleLineField):
    """An id of the caller's own, returned unchanged. See `validate_reference`."""

    def to_internal_value(self, data: Any) -> str:
        text = StrictCharField.to_internal_value(self, data)
        with as_validation_error():
            return validate_reference(text, max_length=self.longest, field=())


class MultiLineField(SingleLineField):
    """Several lines of text for people. See `validate_multi_line`."""

    def to_internal_value(self, data: Any) -> str:
        text = StrictCharField.to_internal_value(self, data)
        with as_validation_error():
            return validate_multi_line(text, max_length=self.longest, field=())


@contextmanager
def as_validation_error() -> Iterator[None]:
    """Turn `InvalidField` into a `ValidationError` of the field being validated."""
    try:
        yield
    except InvalidField as error:
        raise serializers.ValidationError(error.detail, code=error.field_code) from None


class StrictIntegerField(serializers.IntegerField):
    """Accepts JSON integers only."""

    default_error_messages = {"invalid": "Send a whole number, without quotation marks."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class QueryIntegerField(serializers.IntegerField):
    """An integer in a query, where every value is text. Accepts digits only."""

    default_error_messages = {"invalid": "Send a whole number in digits."}

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch("-?[0-9]{1,18}", data):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictChoiceField(serializers.ChoiceField):
    """One of a few values. The error lists them."""

    default_error_messages = {"invalid_choice": "Send one of {choices}."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", choices=", ".join(map(str, self.choices)))
        return data


class StrictTimeField(serializers.DateTimeField):
    """An ISO 8601 time, also with the small letters that RFC 3339, 5.6, allows. In UTC without a zone."""

    default_error_messages = {"invalid": "Send a time such as 2026-11-25T09:30:00Z."}

    def to_internal_value(self, value: Any) -> Any:
        return super().to_internal_value(value.upper() if isinstance(value, str) else value)


class QueryTimeField(StrictTimeField):
    """A time in a query. A plus sign that was not encoded arrives as a blank."""

    def to_internal_value(self, value: Any) -> Any:
        return super().to_internal_value(LOST_PLUS.sub(r"\1+\2", value))


class StrictBooleanField(serializers.BooleanField):
    """Accepts `true` and `false` only."""

    default_error_messages = {"invalid": "Send true or false, without quotation marks."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class QueryBooleanField(serializers.BooleanField):
    """`true` or `false` in a query."""

    default_error_messages = {"invalid": "Send true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class StrictListField(serializers.ListField):
    """Accepts lists only."""

    default_error_messages = {"not_a_list": "Send a list."}


class StringMapField(serializers.DictField):
    """String pairs: at most `max_pairs`, keys of at most `max_key` and values of at most `max_value` characters."""

    default_error_messages = {"not_a_dict": "Send an object with string values."}

    def __init__(self, *, max_pairs: int, max_key: int, max_value: int, **kwargs: Any) -> None:
        child = StrictCharField(allow_blank=True, max_length=max_value, trim_whitespace=False)
        super().__init__(child=child, **kwargs)
        self.max_pairs, self.max_key = max_pairs, max_key

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            if len(data) > self.max_pairs:
                raise serializers.ValidationError(f"Send at most {self.max_pairs} pairs.", code="max_pairs")
            if errors := {key: [message] for key in data if (message := self._key_error(key))}:
                raise serializers.ValidationError(errors, code="invalid_key")
        return super().to_internal_value(data)

    def _key_error(self, key: str) -> str:
        if len(key) > self.max_key:
            return f"A key has at most {self.max_key} characters."
        return "A key must not contain a NUL character." if "\x00" in key else ""


class MetadataField(StringMapField):
    """Pairs of strings of the caller. Null removes them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_pairs=MAX_METADATA_PAIRS,
            max_key=MAX_METADATA_KEY_LENGTH,
            max_value=MAX_METADATA_VALUE_LENGTH,
            required=False,
            allow_null=True,
            help_text=f"Your own data: at most {MAX_METADATA_PAIRS} pairs of strings, returned unchanged.",
            **kwargs,
        )


class CountryField(serializers.RegexField):
    """The ISO 3166-1 alpha-2 code of an existing country."""

    default_error_messages = {"invalid": "Send the ISO 3166-1 alpha-2 code of a country, such as GB."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{2}$", **{"help_text": "ISO 3166-1 alpha-2 code.", **kwargs})

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in countries:
            self.fail("invalid")
        return code


class LocaleField(serializers.RegexField):
    """A language tag (BCP 47), such as `en` or `de-AT`."""

    default_error_messages = {"invalid": INVALID_LANGUAGE_TAG}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LANGUAGE_TAG, max_length=MAX_LANGUAGE_TAG_LENGTH, **kwargs)
