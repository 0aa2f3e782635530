"""Validators of names, messages and language tags, in any script."""

import re
import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.exceptions import InvalidField
from config.typed_text import clean_typed

Field = tuple[str | int, ...]

LINE_BREAK = re.compile("[\n\r\v\f\x85\u2028\u2029]")
# bidirectional overrides and isolates reorder the text behind them. The marks U+200E, U+200F and U+061C do not:
# Arabic and Hebrew keyboards produce them
BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
CONTROLS = f"\x00-\x1f\x7f-\x9f\ud800-\udfff{BIDI_CONTROLS}"
FORBIDDEN_IN_LINE = re.compile(f"[{CONTROLS}]")
FORBIDDEN_IN_TEXT = re.compile(f"(?![\t\n\r])[{CONTROLS}]")
# visible by category, but drawn as nothing: Hangul fillers and the empty Braille cell
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs"})
# BCP 47: language, then up to three subtags for script, region and variant
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
INVALID_LANGUAGE_TAG = gettext_lazy("This is not a language tag such as en or de-AT (BCP 47).")
MAX_LANGUAGE_TAG_LENGTH = 35  # RFC 5646, 4.4.1


def validate_name(name: str, *, max_length: int, field: Field = ("name",)) -> str:
    """Return the name without surrounding blanks. A non-empty `validate_single_line`."""
    checked = validate_single_line(name, max_length=max_length, field=field)
    if not checked:
        raise InvalidField(field, _("Enter a name."), code="blank")
    return checked


def validate_single_line(text: str, *, max_length: int, field: Field) -> str:
    """Return the line as `clean_typed` returns it; it may be empty. Raises what `validate_reference` raises."""
    return clean_typed(validate_reference(text, max_length=max_length, field=field))


def validate_reference(text: str, *, max_length: int, field: Field) -> str:
    """Return the line without surrounding blanks, and otherwise unchanged: programs compare their own references.

    Raises `InvalidField` for a line break, a control character, a bidirectional override, a line with no visible
    character, and more than `max_length` characters.
    """
    line = text.strip()
    if LINE_BREAK.search(line):
        raise InvalidField(field, _("Write this in one line."), code="line_break")
    _reject(FORBIDDEN_IN_LINE, line, field)
    if line and all(_is_invisible(letter) for letter in line):
        raise InvalidField(field, _("This has no visible character."), code="invisible")
    return _check_length(line, max_length, field)


def validate_multi_line(text: str, *, max_length: int, field: Field) -> str:
    """Return the text unchanged. Raises `InvalidField` for control characters other than line breaks and tabs."""
    _reject(FORBIDDEN_IN_TEXT, text, field)
    return _check_length(text, max_length, field)


def validate_locale(tag: str) -> str:
    """Return the BCP 47 language tag unchanged. Raises `InvalidField` for other forms, such as `de_AT`."""
    if len(tag) > MAX_LANGUAGE_TAG_LENGTH or not re.fullmatch(LANGUAGE_TAG, tag):
        raise InvalidField(("locale",), str(INVALID_LANGUAGE_TAG))
    return tag


def _reject(forbidden: re.Pattern[str], text: str, field: Field) -> None:
    if found := forbidden.search(text):
        message = _("Remove the invisible character %(character)s.") % {"character": f"U+{ord(found[0]):04X}"}
        raise InvalidField(field, message, code="control_character")


def _is_invisible(letter: str) -> bool:
    return letter in BLANK_LETTERS or unicodedata.category(letter) in INVISIBLE_CATEGORIES


def _check_length(text: str, max_length: int, field: Field) -> str:
    if len(text) > max_length:
        # with the names of Django's form fields: `config.form_fields` has the same message
        message = _("At most %(limit_value)s characters; this has %(show_value)s.")
        numbers = {"limit_value": f"{max_length:,}", "show_value": f"{len(text):,}"}
        raise InvalidField(field, message % numbers, code="max_length")
    return text
