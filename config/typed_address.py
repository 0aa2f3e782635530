"""Email addresses as people type and paste them."""

import re
from string import whitespace
from urllib.parse import unquote

from config.typed_text import drop_unseen

# ASCII in full width, other dots of East Asian keyboards, and the small @-sign
PLAIN = str.maketrans({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys("。｡", ".") | {"﹫": "@"})
# a name with an @-sign must be quoted, or be the address itself: other text may hold a second address
NAME_AND_ADDRESS = re.compile(r"""(?:"[^"\n]*"|[^<>@"\x00-\x1f\x7f])*<([^<>]+)>[\s.,;:!?"')\]]*""")
ADDRESS_TWICE = re.compile(r"""["']?([^\s<>"'@]+@[^\s<>"'@]+)["']? <(?:mailto:)?(\1)>""", re.IGNORECASE)
REMARK = re.compile(r"\s*\([^()@\r\n]*\)\s*\Z")
SCHEME = re.compile(r"mailto:(?://)?", re.IGNORECASE)
LABEL = re.compile(r"\A(?!mailto:)[^\W\d_][^@:<>,;\r\n]{0,30}:\s*", re.IGNORECASE)
MARKED_UP = re.compile(r"(?s)([*_`~']{1,3})(.+)\1")
MAX_LENGTH = 1000  # of an address with its name; the cost of a longer text would grow faster than its length
# characters that no address begins or ends with
LEADING = whitespace + '•·‣◦▪●–—"“”„‘’‚«»‹›´<([:'
TRAILING = whitespace + "\"'“”„‘’‚«»‹›`´>)]}.:,;!?…*_~"


def clean_address(text: str) -> str:
    """Return one address without what surrounds it in mails, chats and tables: `Anna <mailto:anna@example.com>.`

    Removes unseen marks, a name, a label, quotation marks and punctuation. Another text comes back cleaned only, and
    one of more than 1,000 characters unchanged.
    """
    if len(text) > MAX_LENGTH:
        return text
    plain = REMARK.sub("", drop_unseen(text).translate(PLAIN)).strip(whitespace)
    named = NAME_AND_ADDRESS.fullmatch(plain) or ADDRESS_TWICE.fullmatch(plain)
    bare = LABEL.sub("", named[1] if named else plain, count=1).lstrip(LEADING)
    if marked_up := MARKED_UP.fullmatch(bare.rstrip(whitespace + ".,;!?")):
        bare = marked_up[2].lstrip(LEADING)
    if scheme := SCHEME.match(bare):
        bare = unquote(bare[scheme.end() :].partition("?")[0])
    return bare.rstrip(TRAILING)
