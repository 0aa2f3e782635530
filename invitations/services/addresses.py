"""Allowed addresses: one mailbox, or a whole domain as `*@example.com`."""

import re
from collections.abc import Iterable
from string import whitespace
from typing import NamedTuple

from django.utils.translation import gettext as _

from companies.addresses import normalize_address, why_no_address
from config.exceptions import InvalidField
from invitations.models import MAX_ALLOWED_EMAILS

SEPARATOR = re.compile("[,;\n\uff0c\uff1b]")
QUOTED_NAME = re.compile(r'"[^"\n]*"(?=\s*<)')
BRACKETED = re.compile(r"<([^<>\n]*)>")
NAME_AND_ADDRESS = re.compile(r"[^<>]*<([^<>]+)>")
REMARK = re.compile(r"\([^()@\n]*\)")
BULLET = re.compile(r"[•·‣◦▪●*–—-]+|[0-9]{1,3}[.)]")
# soft hyphens and direction marks that word processors and chats leave behind
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
LEADING = whitespace + "•·‣◦▪●–—-\"'“”„‘’‚«»‹›`´<([{"
TRAILING = whitespace + "\"'“”„‘’‚«»‹›`´>)]}.:,;!?"


class BadAddress(NamedTuple):
    text: str
    reason: str


def normalize_allowed_emails(addresses: Iterable[str]) -> list[str]:
    """Normalize each address and drop duplicates. Raises `InvalidField` with the index of the first bad one."""
    normal = [normalize_allowed(address, ("allowed_emails", index)) for index, address in enumerate(addresses)]
    unique = list(dict.fromkeys(normal))
    if len(unique) > MAX_ALLOWED_EMAILS:
        raise InvalidField(
            ("allowed_emails",),
            _("Give at most %(limit)s addresses.") % {"limit": MAX_ALLOWED_EMAILS},
            code="max_length",
        )
    return unique


def normalize_allowed(address: str, field: tuple[str | int, ...] = ("email",)) -> str:
    local, _, domain = address.partition("@")
    if local == "*":
        return f"*@{normalize_address(f'anyone@{domain}', field=field).partition('@')[2]}"
    return normalize_address(address, field=field)


def parse_addresses(text: str) -> tuple[list[str], list[BadAddress]]:
    """Return the normalized addresses in a pasted list, without duplicates, and every text that is not an address."""
    good, bad = [], []
    for found in split_addresses(text):
        address = _strip(found)
        try:
            good.append(normalize_allowed(address, ("allowed_emails",)))
        except InvalidField as error:
            reason = error.detail if address.startswith("*") else why_no_address(address)
            bad.append(BadAddress(found, reason))
    return list(dict.fromkeys(good)), list(dict.fromkeys(bad))


def parse_address(text: str) -> str:
    """Return the only address in a text, normalized. Returns any other text unchanged.

    A name before angle brackets may contain a comma: `Doe, J. <j@example.com>`.
    """
    named = NAME_AND_ADDRESS.fullmatch(text.strip())
    good, bad = parse_addresses(named[1] if named else text)
    return good[0] if len(good) == 1 and not bad else text


def split_addresses(text: str) -> list[str]:
    """Split a list into addresses as typed: bare or `Name <address>`, between commas, semicolons, lines or spaces.

    Words that belong to no address stay as one text for each entry, so that a mistyped address is never lost.
    """
    text = QUOTED_NAME.sub(" ", REMARK.sub(" ", INVISIBLE.sub("", text)))
    return [found for entry in SEPARATOR.split(text) for found in _split_entry(entry) if _strip(found)]


def _split_entry(entry: str) -> list[str]:
    bracketed = [address.strip() for address in BRACKETED.findall(entry) if address.strip()]
    words = [word for word in BRACKETED.sub(" ", entry).split() if not BULLET.fullmatch(word)]
    addresses = [word for word in words if "@" in word]
    others = " ".join(word for word in words if "@" not in word)
    return [*bracketed, *addresses, *([] if bracketed else [others])]


def _strip(text: str) -> str:
    """Remove quotation marks, bullets, punctuation and `mailto:`. A `*` before `@` stands for the whole domain."""
    bare = text.lstrip(LEADING).rstrip(TRAILING)
    if bare[:7].lower() == "mailto:":
        bare = bare[7:].partition("?")[0]
    return bare if bare.startswith("*@") else bare.lstrip("*")
