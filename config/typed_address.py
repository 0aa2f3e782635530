"""Email addresses as people type and paste them."""

import re
import unicodedata
from string import punctuation, whitespace
from urllib.parse import unquote

from config.typed_text import drop_unseen

# ASCII in full width, other dots of East Asian keyboards, and the small @-sign
PLAIN = str.maketrans({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys("。｡", ".") | {"﹫": "@"})
# a name with an @-sign must be quoted, or be the address itself: other text may hold a second address
NAME_AND_ADDRESS = re.compile(r"""(?:"[^"\n]*"|[^<>@"\x00-\x1f\x7f])*<([^<>]+)>[\s.,;:!?"')\]]*""")
ADDRESS_TWICE = re.compile(r"""["']?([^\s<>"'@]+@[^\s<>"'@]+)["']? ?<(?:mailto:)?(\1)>""", re.IGNORECASE)
REMARK = re.compile(r"\s*\([^()@\r\n]*\)\s*\Z")
# Markdown, Slack, Outlook's `Anna (anna@example.com)`, and `anna @ example.com` of a phone's keyboard
OTHER_FORMS = (
    (re.compile(r"\[([^\[\]\n]*)\]\(([^()\s@]+@[^()\s@]+)\)"), r"\1 <\2>"),
    (re.compile(r"<(mailto:[^<>|\s]+)\|([^<>|\n]*)>", re.IGNORECASE), r"\2 <\1>"),
    (re.compile(r"\(([^()<>\s@]+@[^()<>\s@]+)\)"), r" <\1>"),
    (re.compile(r"""(?<![^\s])([^\s@"'<>()]+)(?: +@ *|@ +)([^\s@"'<>()]+\.[^\s@"'<>()]+)(?!\S)"""), r"\1@\2"),
)
SCHEME = re.compile(r"mailto:(?://)?", re.IGNORECASE)
LABEL = re.compile(r"\A(?!mailto:)[^\W\d_][^@:<>,;\r\n]{0,30}:(?!//)\s*", re.IGNORECASE)
BULLET = re.compile(r"(?:[-+*]|[0-9]{1,3}[.)])\s+(?=\S)")
MARKED_UP = re.compile(r"(?s)([*_`~']{1,3})(.+)\1")
MAX_LENGTH = 1000  # of an address with its name; the cost of a longer text would grow faster than its length
# ASCII that no address begins or ends with; of other scripts, no punctuation and no symbol
LEADING = whitespace + '"<([:,;|\\'
TRAILING = whitespace + punctuation.replace("@", "")
APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʼ", "'"))


def clean_address(text: str) -> str:
    """Return one address without what surrounds it in mails, chats and tables: `Anna <mailto:anna@example.com>.`

    Removes unseen marks, a name, a label, quotation marks and punctuation. Another text comes back cleaned only, and
    one of more than 1,000 characters unchanged.
    """
    if len(text) > MAX_LENGTH:
        return text
    plain = REMARK.sub("", plain_forms(drop_unseen(text).translate(PLAIN))).strip(whitespace)
    plain = BULLET.sub("", plain, count=1) if BULLET.match(plain) else plain
    named = NAME_AND_ADDRESS.fullmatch(plain) or ADDRESS_TWICE.fullmatch(plain)
    bare = _strip_start(LABEL.sub("", named[1] if named else plain, count=1))
    if marked_up := MARKED_UP.fullmatch(bare.rstrip(whitespace + ".,;!?")):
        bare = _strip_start(marked_up[2])
    if scheme := SCHEME.match(bare):
        bare = unquote(bare[scheme.end() :].partition("?")[0])
    return _strip_end(_drop_query(bare)).translate(APOSTROPHES)


def plain_forms(text: str) -> str:
    """Write addresses in Markdown, in parentheses or with blanks around the @-sign as `anna@example.com`."""
    for form, plain in OTHER_FORMS:
        text = form.sub(plain, text)
    return text


def _drop_query(address: str) -> str:
    """Drop what a link may have behind the address: `anna@example.com?subject=Hello`."""
    local, at, domain = address.partition("@")
    return local + at + domain.partition("?")[0]


def _strip_start(text: str) -> str:
    while text and (text[0] in LEADING or _is_foreign_mark(text[0])):
        text = text[1:]
    return text


def _strip_end(text: str) -> str:
    while text and (text[-1] in TRAILING or _is_foreign_mark(text[-1])):
        text = text[:-1]
    return text


def _is_foreign_mark(letter: str) -> bool:
    """True for punctuation, symbols and blanks outside of ASCII, but not for marks that belong to a letter."""
    category = unicodedata.category(letter)
    return not letter.isascii() and (category[0] in "PS" or category == "Zs")
