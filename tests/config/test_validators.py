"""Names and messages in any script, without invisible and reordering characters."""

import pytest

from config.exceptions import InvalidField
from config.validators import validate_multi_line, validate_name, validate_single_line

LANGUAGES = [
    "Riverside Bakeries & Sons (2), “Ltd.” – 100 %",
    "Bäckerei Äußerst",
    "Cafe\u0301 du Nord",  # the accent by itself
    "مخبز النور",
    "مخبز النور\u200f (2)",  # the mark that an Arabic or Hebrew keyboard types
    "מאפיית השלום \u200e24/7",
    "\u061cشركة",
    "نان\u200cوایی تازه",  # parted by ZWNJ
    "राष्ट्रीय क्\u200dषेत्र",  # joined by ZWJ
    "ක්\u200dෂය",
    "パン屋\u3000新宿",
    "면빵집",
    "ร้านขนมปัง",
    "👩\u200d🍳 bakery",
    "❤️",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
    "a\u00adb\u200bc",  # where a long word may be divided
    "🫩",  # newer than some tables of characters
]
UNSEEN = ["\x00", "\x01", "\x07", "\x1b[31m", "\x7f", "\x80", "\x9b", "\u202a", "\u202e", "\u2066", "\u2069", "\ud800"]
BREAKS = ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"]
NOTHING = [
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


def refused(act):
    with pytest.raises(InvalidField) as error:
        act()
    assert error.value.field == ("x",)
    return error.value.field_code


@pytest.mark.parametrize("text", LANGUAGES)
def test_any_language_is_accepted(text):
    assert validate_name(text, max_length=50, field=("x",)) == text
    assert validate_single_line(f" {text}\n", max_length=50, field=("x",)) == text
    assert validate_multi_line(f"{text}\r\n\n\t{text} ", max_length=200, field=("x",)) == f"{text}\r\n\n\t{text} "


@pytest.mark.parametrize("unseen", UNSEEN)
def test_control_characters_are_rejected(unseen):
    for check in (validate_name, validate_single_line, validate_multi_line):
        assert refused(lambda check=check: check(f"ev{unseen}il", max_length=50, field=("x",))) == "control_character"


@pytest.mark.parametrize("line_break", BREAKS)
def test_single_line_rejects_line_breaks(line_break):
    assert refused(lambda: validate_single_line(f"Foo{line_break}Bcc: a", max_length=50, field=("x",))) == "line_break"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_multi_line_accepts_line_breaks(line_break):
    assert validate_multi_line(f"Foo{line_break}bar", max_length=50, field=("x",)) == f"Foo{line_break}bar"


@pytest.mark.parametrize("line_break", ["\v", "\f", "\x85"])
def test_multi_line_rejects_printer_line_breaks(line_break):
    assert (
        refused(lambda: validate_multi_line(f"Foo{line_break}bar", max_length=50, field=("x",))) == "control_character"
    )


def test_tab_is_for_messages_only():
    assert refused(lambda: validate_single_line("Foo\tbar", max_length=50, field=("x",))) == "control_character"
    assert validate_multi_line("Foo\tbar", max_length=50, field=("x",)) == "Foo\tbar"


@pytest.mark.parametrize("text", NOTHING)
def test_single_line_needs_a_visible_character(text):
    assert refused(lambda: validate_single_line(text, max_length=50, field=("x",))) == "invisible"
    assert validate_single_line(f"{text}a", max_length=50, field=("x",))


@pytest.mark.parametrize("text", ["", "  ", "\n", "\u3000"])
def test_name_is_required_a_line_is_not(text):
    assert refused(lambda: validate_name(text, max_length=50, field=("x",))) == "blank"
    assert validate_single_line(text, max_length=50, field=("x",)) == ""


def test_length_is_limited():
    for check in (validate_name, validate_single_line, validate_multi_line):
        assert check("x" * 50, max_length=50, field=("x",)) == "x" * 50
        assert refused(lambda check=check: check("x" * 51, max_length=50, field=("x",))) == "max_length"
