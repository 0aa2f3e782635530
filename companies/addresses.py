"""Normalisation of email addresses, typed by people or sent by programs."""

import re
from string import whitespace
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from config.exceptions import InvalidField
from config.typed_text import drop_unseen

FOREIGN = "No mail reaches letters such as ü before the @-sign."
NO_ADDRESS = "This is not an email address."
STAR = "A star only stands for a whole domain, as in *@example.com."
MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3

# ASCII in full width, other dots of East Asian keyboards, and the small @-sign
PLAIN = str.maketrans({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys("。｡", ".") | {"﹫": "@"})
# a name with an @-sign must be quoted, or be the address itself: other text may hold a second address
NAME_AND_ADDRESS = re.compile(r"""(?:"[^"\n]*"|[^<>@"\x00-\x1f\x7f])*<([^<>]+)>[\s.,;:!?"')\]]*""")
ADDRESS_TWICE = re.compile(r"""["']?([^\s<>"']+@[^\s<>"']+)["']? <(?:mailto:)?(\1)>""", re.IGNORECASE)
REMARK = re.compile(r"\s*\([^()@\r\n]*\)\s*\Z")
SCHEME = re.compile(r"mailto:(?://)?", re.IGNORECASE)
LABEL = re.compile(r"\A(?!mailto:)[^\W\d_][^@:<>,;\r\n]{0,30}:\s*", re.IGNORECASE)
MARKED_UP = re.compile(r"(?s)([*_`~']{1,3})(.+)\1")
# characters that no address begins or ends with
LEADING = whitespace + '•·‣◦▪●–—"“”„‘’‚«»‹›´<([:'
TRAILING = whitespace + "\"'“”„‘’‚«»‹›`´>)]}.:,;!?…*_~"


def normalize_address(address: str, *, field: tuple[str | int, ...] = ("email",)) -> str:
    """Return the address in lower case, its domain in ASCII (IDNA 2008). Plus-tags stay.

    `Anna <A@Bücher.example>` becomes `a@xn--bcher-kva.example`: see `clean_address`. Raises `InvalidField`, also for
    control characters.
    """
    try:
        checked = validate_email(clean_address(address), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidField(field, NO_ADDRESS, code="invalid_email") from None
    if "*" in checked.local_part:  # reads like a pattern for several addresses
        raise InvalidField(field, STAR, code="invalid_email")
    normal = f"{checked.local_part}@{checked.ascii_domain}".lower()
    if len(normal) > MAX_LENGTH:
        raise InvalidField(field, f"An address may have at most {MAX_LENGTH} characters.", code="invalid_email")
    return normal


def clean_address(text: str) -> str:
    """Return one address without what surrounds it in mails, chats and tables: `Anna <mailto:anna@example.com>.`

    Removes unseen marks, a name, a label, quotation marks and punctuation. Another text comes back cleaned only.
    """
    plain = REMARK.sub("", drop_unseen(text).translate(PLAIN)).strip(whitespace)
    named = NAME_AND_ADDRESS.fullmatch(plain) or ADDRESS_TWICE.fullmatch(plain)
    bare = LABEL.sub("", named[1] if named else plain, count=1).lstrip(LEADING)
    if marked_up := MARKED_UP.fullmatch(bare.rstrip(whitespace + ".,;!?")):
        bare = marked_up[2].lstrip(LEADING)
    if scheme := SCHEME.match(bare):
        bare = unquote(bare[scheme.end() :].partition("?")[0])
    return bare.rstrip(TRAILING)


def why_no_address(text: str) -> str:
    """Explain to the user why `normalize_address` refuses the text."""
    address = clean_address(text)
    local, at, _ = address.rpartition("@")
    if at and not local.isascii():
        return FOREIGN
    if "*" in local:
        return STAR
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error)
    return NO_ADDRESS
