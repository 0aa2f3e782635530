"""Text as people type and paste it: unseen marks, unusual blanks, digits of other scripts.

Never for passwords and other secrets: they are kept exactly.
"""

import re
import unicodedata

# drawn as nothing: Default_Ignorable_Code_Point of the Unicode Character Database
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
FIND_UNSEEN = re.compile(f"[{UNSEEN}]")
# category Zs, and the empty Braille cell
BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
# overrides, embeddings and isolates reorder the text behind them; a paste from Windows often begins with U+202A
REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
DIRECTION_MARKS = "\u200e\u200f\u061c"
ZWNJ, ZWJ, KEYCAP, BLACK_FLAG = "\u200c", "\u200d", "\u20e3", "\U0001f3f4"
# scripts whose letters join or stack: Hebrew to Myanmar, Khmer, Mongolian, and their extensions
JOINING = re.compile("[\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\ua8ff\ua980-\uabff\ufb1d-\ufdff\ufe70-\ufefc]")
VIRAMA = 9  # canonical combining class
HYPHENS = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")


def clean_typed(text: str) -> str:
    """Return the text as it looks: in NFC, with plain blanks, without unseen marks and without blanks at its ends.

    Marks that change what is seen stay: joiners in scripts that need them and between emoji, the style of an emoji, and
    direction marks beside right-to-left letters. Line breaks and control characters stay, too.
    """
    if text.isascii():
        return text.strip()
    text = unicodedata.normalize("NFC", BLANKS.sub(" ", text))
    if FIND_UNSEEN.search(text):
        text = _drop_useless_marks(text)
    return text.strip()


def clean_prose(text: str) -> str:
    """Return several lines without the marks that reorder them. Prose needs the others, such as soft hyphens."""
    return REORDERING.sub("", text)


def drop_unseen(text: str) -> str:
    """Return the text without any unseen mark, with plain blanks. For addresses, codes and links, which need none."""
    return text if text.isascii() else BLANKS.sub(" ", FIND_UNSEEN.sub("", text))


def plain_digits(text: str) -> str:
    """Return the text with digits of any script as 0 to 9, plain hyphens, and no unseen mark."""
    digits = (str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in drop_unseen(text))
    return text if text.isascii() else HYPHENS.sub("-", "".join(digits))


def find_digits(text: str, *numbers: int) -> str | None:
    """Return the only group of so many digits in a text such as `Code: 456-260.`, or None.

    Blanks or punctuation may stand between the digits. Groups without them come first.
    """
    plain = "".join(_plain_digit(letter) for letter in drop_unseen(text))
    for between in ("", r"[\W_]{0,3}"):
        groups = [rf"(?<![0-9])[0-9](?:{between}[0-9]){{{number - 1}}}(?![0-9])" for number in numbers]
        found = {re.sub("[^0-9]", "", match) for group in groups for match in re.findall(group, plain)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _plain_digit(letter: str) -> str:
    """Return a digit, also a circled one, as 0 to 9. A raised one, such as the mark of a footnote, stays."""
    is_raised = unicodedata.decomposition(letter).startswith(("<super>", "<sub>"))
    return letter if is_raised else str(unicodedata.digit(letter, letter))


def _drop_useless_marks(text: str) -> str:
    is_right_to_left = any(
        unicodedata.bidirectional(letter) in {"R", "AL"} for letter in re.sub("[\u200f\u061c]", "", text)
    )
    kept = ""
    for letter, behind in zip(text, [*text[1:], ""], strict=True):
        if not FIND_UNSEEN.match(letter) or (
            is_right_to_left if letter in DIRECTION_MARKS else _is_seen(letter, kept[-1:], behind)
        ):
            kept += letter
    return kept


def _is_seen(mark: str, before: str, behind: str) -> bool:
    """Return whether the mark changes how the letters around it look."""
    if not before:
        return False
    if mark in {ZWNJ, ZWJ} and (JOINING.match(before) or unicodedata.combining(before) == VIRAMA):
        return True
    if mark == ZWJ:
        return _is_symbol(before) and _is_symbol(behind)
    if "\ufe00" <= mark <= "\ufe0f":
        return _is_symbol(before) or _is_letter(before) or behind == KEYCAP
    if "\U000e0020" <= mark <= "\U000e007f":  # of a flag such as that of Scotland
        return before == BLACK_FLAG or "\U000e0020" <= before <= "\U000e007e"
    return ("\u180b" <= mark <= "\u180f" or mark >= "\U000e0100") and _is_letter(before)


def _is_symbol(letter: str) -> bool:
    return letter == "\ufe0f" or (letter != "" and unicodedata.category(letter) in {"So", "Sk", "Sm"})


def _is_letter(letter: str) -> bool:
    """Return whether it is a letter of a script without capitals."""
    return unicodedata.category(letter) == "Lo"
