"""Names and messages in any script, without invisible and reordering characters."""

import pytest

from config.exceptions import InvalidField
from config.validators import (
    validate_locale,
    validate_multi_line,
    validate_name,
    validate_reference,
    validate_single_line,
)

LANGUAGES = [
    "Riverside Bakeries & Sons (2), “Ltd.” – 100 %",
    "Bäckerei Äußerst",
    "مخبز النور",
    "مخبز النور\u200f (2)",  # the mark that an Arabic or Hebrew keyboard types
    "מאפיית השלום \u200e24/7",
    "\u061cشركة",
    "نان\u200cوایی تازه",  # parted by ZWNJ
    "राष्ट्रीय क्\u200dषेत्र",  # joined by ZWJ
    "ක්\u200dෂය",
    "パン屋 新宿",
    "면빵집",
    "ร้านขนมปัง",
    "👩\u200d🍳 bakery",
    "❤️",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
    "🫩",  # newer than some tables of characters
]
CONTROLS = [
    "\x00",
    "\x01",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "\x80",
    "\x9b",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "\ud800",
]
BREAKS = ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"]
INVISIBLE = [
    "\u200b",
    "\u200d\u200c",
    "\ufeff",
    "\u00ad",
    "\u3164",
    "\u115f\u1160",
    "\u2800",
    "\ufe0f",
    "\u034f",
    "\u200e ",
]


def name(text):
    return validate_name(text, max_length=50, field=("x",))


def line(text):
    return validate_single_line(text, max_length=50, field=("x",))


def message(text):
    return validate_multi_line(text, max_length=50, field=("x",))


def code(validate, text):
    """Return the code of the error, which names the field."""
    with pytest.raises(InvalidField) as error:
        validate(text)
    assert error.value.field == ("x",)
    return error.value.field_code


def test_any_language_is_accepted():
    for text in LANGUAGES:
        assert name(text) == text
        assert line(f" {text}\n") == text
        lines = f"{text}\r\n\n\t "
        assert message(lines) == lines


def test_unseen_marks_are_dropped_from_lines():
    typed = "a\u00adb\u200bc Cafe\u0301"

    assert (name(typed), line(typed), message(typed)) == ("abc Café", "abc Café", typed)
    assert validate_reference(typed, max_length=50, field=("x",)) == typed


def test_control_characters_are_rejected():
    for validate in (name, line, message):
        codes = {control: code(validate, f"ev{control}il") for control in CONTROLS}
        assert codes == dict.fromkeys(CONTROLS, "control_character")


def test_single_line_rejects_line_breaks():
    assert {each: code(line, f"Foo{each}Bcc: a") for each in BREAKS} == dict.fromkeys(BREAKS, "line_break")


def test_multi_line_accepts_line_breaks():
    for each in ("\n", "\r\n", "\r", "\u2028", "\u2029"):
        assert message(f"Foo{each}bar") == f"Foo{each}bar"
    for each in ("\v", "\f", "\x85"):
        assert code(message, f"Foo{each}bar") == "control_character"


def test_tab_is_for_messages_only():
    assert code(line, "Foo\tbar") == "control_character"
    assert message("Foo\tbar") == "Foo\tbar"


def test_single_line_needs_a_visible_character():
    assert {text: code(line, text) for text in INVISIBLE} == dict.fromkeys(INVISIBLE, "invisible")
    for text in INVISIBLE:
        assert line(f"{text}a")


def test_name_is_required_a_line_is_not():
    for text in ("", "  ", "\n", "\u3000"):
        assert code(name, text) == "blank"
        assert line(text) == ""


def test_length_is_limited():
    for validate in (name, line, message):
        assert validate("x" * 50) == "x" * 50
        assert code(validate, "x" * 51) == "max_length"


def test_locale_is_a_language_tag():
    for tag in ("en", "de-AT", "zh-Hant-TW", "sl-Latn-IT-nedis"):
        assert validate_locale(tag) == tag
    for tag in ("", "e", "de_AT", "en-", "!!", "en\n", "abcd", "en-" + "a" * 9, "en-a1-b2-c3-d4"):
        with pytest.raises(InvalidField) as error:
            validate_locale(tag)
        assert error.value.field == ("locale",)
