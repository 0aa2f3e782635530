"""What people read: names and messages, in whatever language they are."""

import re
import unicodedata

from config.exceptions import InvalidField

BREAK = re.compile("[\n\r\v\f\x85\u2028\u2029]")
# what turns the direction of everything behind it: the text would not read as it is stored. The marks that Arabic and
# Hebrew are typed with (U+200E, U+200F, U+061C) turn nothing around, and stay
TURNS = "\u202a-\u202e\u2066-\u2069"
CONTROLS = f"\x00-\x1f\x7f-\x9f\ud800-\udfff{TURNS}"
NOT_IN_A_LINE = re.compile(f"[{CONTROLS}]")
NOT_IN_A_MESSAGE = re.compile(f"(?![\t\n\r])[{CONTROLS}]")
# letters and a symbol that are drawn as nothing: the fillers of Hangul, the empty cell of Braille
EMPTY = "\u115f\u1160\u3164\uffa0\u2800"
# marks that stand on another letter, and what has no picture of its own
UNSEEN_KINDS = frozenset({"Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs"})


def validate_name(name: str, *, longest: int, field: tuple[str | int, ...] = ("name",)) -> str:
    """A line that must be there, by the rules of `validate_single_line`."""
    checked = validate_single_line(name, longest=longest, field=field)
    if not checked:
        raise InvalidField(field, "Give it a name.", code="blank")
    return checked


def validate_single_line(text: str, *, longest: int, field: tuple[str | int, ...]) -> str:
    """The text without the blanks around it; it may be empty.

    Refuses, naming the field: a line break, a control character, one that turns the direction of writing, a text of
    which nothing is to be seen, and more than `longest` characters. What joins or parts letters stays where it is:
    Hindi and Persian are written with it, and emoji.
    """
    line = text.strip()
    if BREAK.search(line):
        raise InvalidField(field, "Write this in one line.", code="line_break")
    _refuse_any(NOT_IN_A_LINE, line, field)
    if line and all(_is_unseen(letter) for letter in line):
        raise InvalidField(field, "There is nothing to be seen in this.", code="invisible")
    return _short_enough(line, longest, field)


def validate_multi_line(text: str, *, longest: int, field: tuple[str | int, ...]) -> str:
    """The text as it is: several lines, and tabs. Refuses the other control characters that `validate_single_line`
    refuses."""
    _refuse_any(NOT_IN_A_MESSAGE, text, field)
    return _short_enough(text, longest, field)


def _refuse_any(unwanted: re.Pattern[str], text: str, field: tuple[str | int, ...]) -> None:
    if found := unwanted.search(text):
        sentence = f"There is a character in this that cannot be seen, U+{ord(found[0]):04X}. Take it out."
        raise InvalidField(field, sentence, code="control_character")


def _is_unseen(letter: str) -> bool:
    return letter in EMPTY or unicodedata.category(letter) in UNSEEN_KINDS


def _short_enough(text: str, longest: int, field: tuple[str | int, ...]) -> str:
    if len(text) > longest:
        raise InvalidField(field, f"At most {longest:,} characters; this has {len(text):,}.", code="max_length")
    return text


# a language with script, region and variants; what BCP 47 allows beyond that names no language of a page
TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
NO_TAG = "This is not a language tag such as en or de-AT (BCP 47)."
MAX_LENGTH = 35  # RFC 5646, 4.4.1


def validate_locale(tag: str) -> str:
    """The tag, as given. Refuses what is none, such as `de_AT`."""
    if len(tag) > MAX_LENGTH or not re.fullmatch(TAG, tag):
        raise InvalidField(("locale",), NO_TAG)
    return tag
