"""Who may use an invitation: addresses, and whole domains."""

from collections.abc import Iterable

from companies.addresses import normalize_address
from config.refusals import InvalidField
from invitations.models import MAX_ALLOWED_EMAILS


def normalize_allowed_emails(addresses: Iterable[str]) -> list[str]:
    """Each in its normal form, duplicates once, in the order given. Refuses a bad one, naming its place.

    `*@example.com` stands for every address of the domain.
    """
    normal = [_normalize_allowed(address, ("allowed_emails", index)) for index, address in enumerate(addresses)]
    unique = list(dict.fromkeys(normal))
    if len(unique) > MAX_ALLOWED_EMAILS:
        raise InvalidField(("allowed_emails",), f"At most {MAX_ALLOWED_EMAILS} addresses.", code="max_length")
    return unique


def _normalize_allowed(address: str, field: tuple[str | int, ...]) -> str:
    local, _, domain = address.partition("@")
    if local == "*":
        return f"*@{normalize_address(f'anyone@{domain}', field=field).partition('@')[2]}"
    return normalize_address(address, field=field)
