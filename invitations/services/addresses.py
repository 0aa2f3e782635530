"""Who may use an invitation: addresses, and whole domains."""

import re
from collections.abc import Iterable
from itertools import groupby
from string import whitespace
from typing import NamedTuple

from companies.addresses import normalize_address, why_no_address
from config.exceptions import InvalidField
from invitations.models import MAX_ALLOWED_EMAILS

# a quoted name, an address in angle brackets, what divides, and the rest
PIECES = re.compile(r"""("[^"\n]*")|<([^<>\n]*)>|([,;\n\uff0c\uff1b])|([^",;<\n\uff0c\uff1b]+|["<])""")
# what no eye sees: left in by word processors, and by chats that mark the direction of writing
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
REMARK = re.compile(r"\([^()@\n]*\)")
POINT = re.compile(r"[•·‣◦▪●*–—-]+|[0-9]{1,3}[.)]")  # of a list
BEFORE = whitespace + "•·‣◦▪●–—-\"'“”„‘’‚«»‹›`´<([{"
AFTER = whitespace + "\"'“”„‘’‚«»‹›`´>)]}.:,;!?"
NAMED = re.compile(r"[^<>]*<([^<>]+)>")


class BadAddress(NamedTuple):
    text: str
    reason: str


def normalize_allowed_emails(addresses: Iterable[str]) -> list[str]:
    """Each in its normal form, duplicates once, in the order given. Refuses a bad one, naming its place.

    `*@example.com` stands for every address of the domain.
    """
    normal = [normalize_allowed(address, ("allowed_emails", index)) for index, address in enumerate(addresses)]
    unique = list(dict.fromkeys(normal))
    if len(unique) > MAX_ALLOWED_EMAILS:
        raise InvalidField(("allowed_emails",), f"At most {MAX_ALLOWED_EMAILS} addresses.", code="max_length")
    return unique


def normalize_allowed(address: str, field: tuple[str | int, ...] = ("email",)) -> str:
    """The normal form of an address, or of `*@` and a domain. Refuses what is neither."""
    local, _, domain = address.partition("@")
    if local == "*":
        return f"*@{normalize_address(f'anyone@{domain}', field=field).partition('@')[2]}"
    return normalize_address(address, field=field)


def read_pasted(text: str) -> tuple[list[str], list[BadAddress]]:
    """The addresses in a text in their normal form, duplicates once, and what in it is none, with the reason.

    Divided by commas, semicolons or lines, or by spaces alone; each bare or as `Name <address>`, also with the name
    in quotation marks (`"Doe, J." <j@example.com>`). What stands around an address in running text is no part of it:
    quotation marks, the point of a list, `mailto:`, a remark in brackets, a full stop, what no eye sees.
    `*@example.com` stands for every address of the domain.
    """
    good, bad = [], []
    for found in divide(text):
        address = _bare(found)
        try:
            good.append(normalize_allowed(address, ("allowed_emails",)))
        except InvalidField as refusal:
            reason = refusal.detail if address.startswith("*") else why_no_address(address)
            bad.append(BadAddress(found, reason))
    return list(dict.fromkeys(good)), list(dict.fromkeys(bad))


def only_address(text: str) -> str:
    """The one address in a text that `read_pasted` reads, in its normal form; else the text as it is.

    The name before angle brackets may have a comma: `Doe, J. <j@example.com>`.
    """
    named = NAMED.fullmatch(text.strip())
    good, bad = read_pasted(named[1] if named else text)
    return good[0] if len(good) == 1 and not bad else text


def divide(text: str) -> list[str]:
    """What each piece gives as its address, as it was typed: the part in angle brackets, where there is one."""
    text = REMARK.sub(" ", UNSEEN.sub("", text))
    found: list[str] = []
    loose, named = "", False
    for quoted, bracketed, divider, plain in PIECES.findall(f"{text}\n"):
        if divider:
            # words after an address in brackets are a remark, unless they could be an address themselves
            if not named or "@" in loose:
                found += _words(loose)
            loose, named = "", False
        elif quoted or plain:
            loose += quoted or plain
        else:
            found.append(bracketed.strip() or loose.strip())
            loose, named = "", True
    return [address for address in found if address]


def _words(loose: str) -> list[str]:
    """Each word that could be an address, and what stands between them."""
    words_of_it = [word for word in loose.split() if not POINT.fullmatch(word)]
    runs = groupby(words_of_it, key=lambda word: "@" in word)
    return [text for could_be, words in runs for text in (words if could_be else [" ".join(words)])]


def _bare(text: str) -> str:
    """Without what stands around it; `*` before `@` means the whole domain, and else the point of a list."""
    bare = text.lstrip(BEFORE).rstrip(AFTER)
    if bare[:7].lower() == "mailto:":
        bare = bare[7:].partition("?")[0]
    return bare if bare.startswith("*@") else bare.lstrip("*")
