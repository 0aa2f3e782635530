"""Names that read like another one: with letters of other scripts, digits for letters, or blanks between."""

import re
import unicodedata

from config.typed_text import drop_unseen

# what looks like a letter, after NFKD and in lower case; `i` and `l` are one: a capital I looks like a small l
LOOKS_LIKE = {
    "a": "аαɑ@ᴀ",
    "b": "вьβʙ",
    "c": "сϲᴄ",
    "d": "ԁᴅđ",
    "e": "еєε3ᴇ",
    "g": "ɡɢ",
    "h": "һнհʜħ",
    "j": "јᴊ",
    "k": "кκᴋ",
    "l": "iіιıɩӏ1|!łʟɪ",
    "m": "мᴍ",
    "n": "пηոɴ",
    "o": "оοօ0ᴏø",
    "p": "рρᴘ",
    "q": "ԛ",
    "r": "гʀ",
    "s": "ѕ$5ꜱ",
    "t": "тτᴛŧ",
    "u": "υսᴜ",
    "v": "νѵᴠ",
    "w": "ԝωᴡ",
    "x": "хχ",
    "y": "уγʏ",
}
# capitals that look like another letter than their small ones
CAPITALS = str.maketrans({"Β": "b", "Η": "h", "Μ": "m", "Ν": "n", "Υ": "y", "Ζ": "z"})
LETTERS = str.maketrans({each: letter for letter, similar in LOOKS_LIKE.items() for each in similar})
PAIRS = (("rn", "m"), ("vv", "w"))
LONG = 6  # a shorter name may be part of a word by chance


def reads_like(name: str, other: str) -> bool:
    """True if the name contains the other one, as far as a reader can see."""
    words, sought = _words(name), _words(other)
    joined = "".join(sought)
    if not joined:
        return False
    whole = "".join(words)
    is_part = len(joined) >= LONG and joined in whole
    return is_part or whole == joined or f" {' '.join(sought)} " in f" {' '.join(words)} "


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", drop_unseen(name)).translate(CAPITALS).casefold()
    seen = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(LETTERS)
    for pair, letter in PAIRS:
        seen = seen.replace(pair, letter)
    return re.findall(r"[^\W_]+", seen)
