"""Fields that take exactly what they say."""

from typing import Any

import pytest
from rest_framework.serializers import Serializer, ValidationError

from config.api.fields import (
    CountryField,
    LocaleField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
    StringMapField,
    validate,
)

NUMBERS: list[Any] = [5, 5.0, 5.5, 10**30, float("nan")]
OTHERS: list[Any] = [None, [], {}, ["x"], {"x": "y"}]


@pytest.mark.parametrize("value", [0, 1, -1, 10**15])
def test_an_integer_is_a_number_without_a_fraction(value):
    assert StrictIntegerField().run_validation(value) == value


@pytest.mark.parametrize("value", ["5", "", True, False, 5.0, 5.5, *OTHERS])
def test_nothing_else_is_an_integer(value):
    with pytest.raises(ValidationError):
        StrictIntegerField().run_validation(value)


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_true_or_false(value):
    assert StrictBooleanField().run_validation(value) is value


@pytest.mark.parametrize("value", ["true", "false", "on", "", 0, 1, *OTHERS])
def test_nothing_else_is_a_boolean(value):
    with pytest.raises(ValidationError):
        StrictBooleanField().run_validation(value)


@pytest.mark.parametrize(("given", "kept"), [("x", "x"), ("  x y\n", "x y"), ("🔑", "🔑"), ("e\u0301", "e\u0301")])
def test_a_text_is_a_string_without_surrounding_spaces(given, kept):
    assert StrictCharField().run_validation(given) == kept


@pytest.mark.parametrize("value", ["", "  ", "a\x00b", True, *NUMBERS, *OTHERS])
def test_nothing_else_is_a_text(value):
    with pytest.raises(ValidationError):
        StrictCharField().run_validation(value)


PAIRS = {"max_pairs": 2, "max_key": 3, "max_value": 4}


@pytest.mark.parametrize("value", [{}, {"a": "b"}, {"abc": "abcd", "": ""}, {" ": " x "}])
def test_a_map_of_texts_comes_back_as_it_was(value):
    assert StringMapField(**PAIRS).run_validation(value) == value


@pytest.mark.parametrize(
    "value",
    [
        {"a": "", "b": "", "c": ""},
        {"abcd": "x"},
        {"a": "abcde"},
        {"a\x00": "x"},
        {"a": "\x00"},
        *({"a": other} for other in [*NUMBERS, *OTHERS, True]),
        *(["a"], "a", 5, True, None),
    ],
)
def test_anything_past_its_limits_is_no_such_map(value):
    with pytest.raises(ValidationError):
        StringMapField(**PAIRS).run_validation(value)


@pytest.mark.parametrize("value", ["GB", "US", "DE", "NZ", "ZA"])
def test_a_country_is_one_that_exists(value):
    assert CountryField().run_validation(value) == value


@pytest.mark.parametrize("value", ["gb", "GBR", "ZZ", "AA", "UK", "G", "", "GB\nX", 44, True, *OTHERS])
def test_nothing_else_is_a_country(value):
    with pytest.raises(ValidationError):
        CountryField().run_validation(value)


@pytest.mark.parametrize("value", ["en", "de-AT", "zh-Hant-TW", "sr-Latn-RS", "fil"])
def test_a_locale_is_a_language_tag(value):
    assert LocaleField().run_validation(value) == value


@pytest.mark.parametrize("value", ["", "e", "english", "en_GB", "en-", "-en", "en GB", "en\n-GB", "x" * 36, 5, *OTHERS])
def test_nothing_else_is_a_locale(value):
    with pytest.raises(ValidationError):
        LocaleField().run_validation(value)


class Inner(StrictSerializer):
    size = StrictIntegerField(required=False)


class Outer(StrictSerializer):
    colour = StrictCharField(source="color", required=False)
    inner = Inner(required=False)


def test_what_is_given_comes_under_the_names_of_the_service():
    assert validate(Outer, {"colour": "red", "inner": {"size": 1}}) == {"color": "red", "inner": {"size": 1}}
    assert validate(Outer, {}) == {}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"color": "red"}, {"color"}),
        ({"colour": "red", "x": 1, "y": 2}, {"x", "y"}),
        ({"inner": {"Size": 1}}, {"inner"}),
        ({"inner": []}, {"inner"}),
        ([], {"non_field_errors"}),
    ],
)
def test_an_unknown_name_is_refused_at_every_level(body, named):
    with pytest.raises(ValidationError) as error:
        validate(Outer, body)

    assert set(error.value.detail) == named
    assert isinstance(Outer(data={}), Serializer)


def test_null_is_no_body():
    with pytest.raises(ValidationError) as error:
        validate(Outer, None)

    assert error.value.get_codes() == ["null"]


def test_what_one_body_said_is_not_in_the_next():
    validate(Outer, {"colour": "red", "inner": {"size": 1}})

    assert validate(Outer, {"inner": {}}) == {"inner": {}}
