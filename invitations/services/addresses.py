"""Allowed addresses: one mailbox, or a whole domain as `*@example.com`."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from companies.addresses import NO_ADDRESS, normalize_address, normalize_cleaned, why_no_address
from config.exceptions import FieldErrors, InvalidField
from config.typed_address import NAME_AND_ADDRESS, PLAIN, clean_address, plain_forms
from config.typed_text import drop_unseen
from invitations.models import MAX_ALLOWED_EMAILS, Invitation
from invitations.models.erased import is_erased

SEPARATOR = re.compile("[,;|\n、､،؛]")
# `Doe, Anna <anna@example.com>`: in a part of it, a dot would belong to a mistyped address
NAME = r"[^\W\d_](?:[^\W\d_]|[ '’-]|\.(?=[ ,<])){0,60}"
NAME_WITH_COMMA = re.compile(rf"(^|[;\n>,][ \t]{{0,3}})({NAME}),[ \t]{{0,3}}({NAME})(?=<[^<>\n]*@)", re.MULTILINE)
QUOTED_NAME = re.compile(r'"[^"\n]*"(?=\s*<)')
BRACKETED = re.compile(r"<([^<>\n]*)>")
REMARK = re.compile(r"\([^()@\n]*\)")
BULLET = re.compile(r"[•·‣◦▪●*–—-]+|[0-9]{1,3}[.)]")
LABEL = re.compile(r"[^\W\d_][^@]*:")
# what begins an entry of a list, beside what `clean_address` removes
MAX_SHOWN = 5
LIST_MARKS = "-='`´{‘’"


class BadAddress(NamedTuple):
    text: str
    reason: str


def normalize_allowed_emails(addresses: Iterable[str]) -> list[str]:
    """Normalize each address and drop duplicates. Raises `InvalidField` with the index of each bad one."""
    errors = FieldErrors()
    checked = [
        errors.check(normalize_allowed, address, ("allowed_emails", index)) for index, address in enumerate(addresses)
    ]
    errors.raise_all()
    unique = list(dict.fromkeys(address for address in checked if address))
    if len(unique) > MAX_ALLOWED_EMAILS:
        raise InvalidField(
            ("allowed_emails",),
            _("Give at most %(limit)s addresses.") % {"limit": MAX_ALLOWED_EMAILS},
            code="max_length",
        )
    return unique


def normalize_allowed(address: str, field: tuple[str | int, ...] = ("email",)) -> str:
    cleaned = clean_address(address)
    local, _, domain = cleaned.partition("@")
    if local == "*":
        return f"*@{normalize_address(f'anyone@{domain}', field=field).partition('@')[2]}"
    return normalize_cleaned(cleaned, field=field)


def check_listed(invitation: Invitation, emails: Sequence[str]) -> list[str]:
    """Normalize the addresses. Raises `InvalidField` for one that the invitation does not allow."""
    checked = []
    for index, address in enumerate(emails):
        normal = normalize_address(address, field=("emails", index))
        if not invitation.allows(normal):
            raise InvalidField(("emails", index), _("This address is not on the invitation."), code="not_allowed")
        checked.append(normal)
    return list(dict.fromkeys(checked))


def has_everyone_declined(invitation: Invitation) -> bool:
    """True if each address of a restricted invitation declined. Behind a pattern there may always be another one."""
    named = {email for email in invitation.allowed_emails if not is_erased(email)}
    return bool(named) and named <= set(invitation.declined_emails)


def settle_declines(invitation: Invitation) -> tuple[str, ...]:
    """Forget the declines of removed addresses, after a change of the allowed ones. Returns the fields to save."""
    invitation.declined_emails = [email for email in invitation.declined_emails if invitation.allows(email)]
    if not has_everyone_declined(invitation):
        invitation.declined_at = None
    return ("declined_emails", "declined_at")


def parse_addresses(text: str) -> tuple[list[str], list[BadAddress]]:
    """Return the normalized addresses in a pasted list, without duplicates, and every text that is not an address.

    A text that is not blank has an address or a bad one: it never passes for an empty list.
    """
    good, bad = [], []
    for found in split_addresses(text):
        address = found.lstrip(LIST_MARKS)
        try:
            good.append(normalize_allowed(address, ("allowed_emails",)))
        except InvalidField as error:
            reason = error.detail if address.startswith("*@") else why_no_address(address)
            bad.append(BadAddress(found, reason))
    if text.strip() and not good and not bad:
        bad.append(BadAddress(_shown(text), NO_ADDRESS))
    return list(dict.fromkeys(good)), list(dict.fromkeys(bad))


def is_one_address(text: str) -> bool:
    """Return whether the text is `Name <address>`, whose name may contain a comma: `Doe, J. <j@example.com>`."""
    return NAME_AND_ADDRESS.fullmatch(plain_forms(drop_unseen(text)).strip()) is not None


def parse_address(text: str) -> str:
    """Return the only address in a text, normalized. Returns any other text unchanged."""
    good, bad = parse_addresses(clean_address(text) if is_one_address(text) else text)
    return good[0] if len(good) == 1 and not bad else text


def split_addresses(text: str) -> list[str]:
    """Split a list into addresses as typed: bare or `Name <address>`, between commas, semicolons, lines or spaces.

    Words that belong to no address stay as one text for each entry, so that a mistyped address is never lost.
    """
    text = QUOTED_NAME.sub(" ", REMARK.sub(" ", plain_forms(drop_unseen(text).translate(PLAIN))))
    text = NAME_WITH_COMMA.sub(r"\1\2 \3", text)
    return [found for entry in SEPARATOR.split(text) for found in _split_entry(entry) if clean_address(found)]


def _split_entry(entry: str) -> list[str]:
    bracketed = [address.strip() for address in BRACKETED.findall(entry) if address.strip()]
    words = [word for word in BRACKETED.sub(" ", entry).split() if not BULLET.fullmatch(word)]
    addresses = [word for word in words if "@" in word]
    label = LABEL.match(entry) if addresses else None
    others = " ".join(word for word in words if "@" not in word and not (label and word in label[0]))
    return [*bracketed, *addresses, *([] if bracketed else [others])]


def _shown(text: str) -> str:
    """Name the characters of a text in which nothing is seen."""
    return " ".join(drop_unseen(text).split()) or " ".join(
        f"U+{ord(letter):04X}" for letter in text.strip()[:MAX_SHOWN]
    )
