from typing import Any

import pytest
from rest_framework.serializers import Serializer, ValidationError

from config.api.fields import (
    MAX_SUGGESTIONS,
    CountryField,
    LocaleField,
    MultiLineField,
    QueryIntegerField,
    SingleLineField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    StrictUUIDField,
    StringMapField,
)
from config.api.validation import validate

NUMBERS: list[Any] = [5, 5.0, 5.5, 10**30, float("nan")]
OTHERS: list[Any] = [None, [], {}, ["x"], {"x": "y"}]
MAP = StringMapField(max_pairs=2, max_key=3, max_value=4)
LINE = {"max_length": 5}
ACCEPTED: list[tuple[Any, list[Any]]] = [
    (StrictIntegerField(), [0, 1, -1, 10**15]),
    (StrictBooleanField(), [True, False]),
    (StrictCharField(), ["x", "x y", "🔑", "e\u0301"]),
    (SingleLineField(**LINE), ["x y", "🔑"]),
    (MultiLineField(**LINE), ["x\ny", "a\tb"]),
    (StrictListField(), [[], [1, "x"]]),
    (MAP, [{}, {"a": "b"}, {"abc": "abcd", "": ""}, {" ": " x "}]),
    (CountryField(), ["GB", "US", "DE", "NZ", "ZA"]),
    (LocaleField(), ["en", "de-AT", "zh-Hant-TW", "sr-Latn-RS", "fil"]),
]
REJECTED: list[tuple[Any, list[Any]]] = [
    (StrictIntegerField(), ["5", "", True, False, 5.0, 5.5, *OTHERS]),
    (QueryIntegerField(), ["", "+5", " 5", "5.0", "٣", "5_0", "1e1", "9" * 5000]),
    (StrictBooleanField(), ["true", "false", "on", "", 0, 1, *OTHERS]),
    (StrictCharField(), ["", "  ", "a\x00b", True, *NUMBERS, *OTHERS]),
    (SingleLineField(**LINE), ["a\nb", "a\tb", "\u200b", "live\u202e", "x" * 6, 5]),
    (MultiLineField(**LINE), ["a\x07b", "live\u202e", "x" * 6, 5]),
    (StrictListField(), ["x", {}, 5, None]),
    (StrictUUIDField(), ["5", "", True, *NUMBERS, *OTHERS]),
    (MAP, [{"a": "", "b": "", "c": ""}, {"abcd": "x"}, {"a": "abcde"}, {"a\x00": "x"}, {"a": "\x00"}]),
    (MAP, [*({"a": other} for other in [*NUMBERS, *OTHERS, True]), ["a"], "a", 5, True, None]),
    (CountryField(), ["gb", "GBR", "ZZ", "AA", "UK", "G", "", "GB\nX", 44, True, *OTHERS]),
    (LocaleField(), ["", "e", "english", "en_GB", "en-", "-en", "en GB", "en\n-GB", "x" * 36, 5, *OTHERS]),
]


def test_fields_accept_valid_values():
    for field, values in ACCEPTED:
        assert [field.run_validation(value) for value in values] == values, field


def test_fields_reject_invalid_values():
    for field, values in REJECTED:
        for value in values:
            with pytest.raises(ValidationError):
                pytest.fail(f"{field} accepted {value!r} as {field.run_validation(value)!r}")


def test_strings_lose_surrounding_spaces():
    assert StrictCharField().run_validation("  x y\n") == "x y"


class Inner(StrictSerializer):
    size = StrictIntegerField(required=False)


class Outer(StrictSerializer):
    colour = StrictCharField(source="color", required=False)
    inner = Inner(required=False)


def rejected(body: Any) -> dict[str, Any]:
    with pytest.raises(ValidationError) as error:
        validate(Outer, body)
    detail: Any = error.value.detail
    return detail


def test_values_have_the_names_of_services():
    assert validate(Outer, {"colour": "red", "inner": {"size": 1}}) == {"color": "red", "inner": {"size": 1}}
    assert validate(Outer, {}) == {}


def test_unknown_fields_are_named_at_every_level():
    assert rejected({"color": "red"}).keys() == {"color"}
    assert rejected({"colour": "red", "x": 1, "y": 2}).keys() == {"x", "y"}
    assert rejected({"inner": {"Size": 1}}) == {"inner": {"Size": ["Unknown field. Did you mean size?"]}}
    assert rejected({"inner": []}).keys() == {"inner"}
    assert rejected([]).keys() == {"non_field_errors"}
    assert isinstance(Outer(data={}), Serializer)


def test_unknown_fields_hide_no_other_errors():
    assert rejected({"color": "red", "colour": 5, "inner": {"Size": 1, "size": "x"}}) == {
        "color": ["Unknown field. Did you mean colour?"],
        "colour": ["Send a string."],
        "inner": {
            "Size": ["Unknown field. Did you mean size?"],
            "size": ["Send a whole number, without quotation marks."],
        },
    }


def test_suggestions_are_bounded():
    names = [f"colou{number}" for number in range(5_000)]

    errors = rejected(dict.fromkeys(names))

    suggested = [name for name in names if "Did you mean colour?" in errors[name][0]]
    assert suggested == names[:MAX_SUGGESTIONS]
    assert rejected({"colour" * 50: 1}) == {"colour" * 50: ["Unknown field."]}


def test_null_body_is_rejected():
    with pytest.raises(ValidationError) as error:
        validate(Outer, None)

    assert error.value.get_codes() == ["null"]


def test_cached_serializer_keeps_no_values():
    validate(Outer, {"colour": "red", "inner": {"size": 1}})

    assert validate(Outer, {"inner": {}}) == {"inner": {}}
