"""One normal form for e-mail addresses, so that the same mailbox is the same text."""

from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email

from config.refusals import InvalidField
from invitations.models import MAX_ALLOWED_EMAILS

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3


def normalize_address(address: str, *, field: tuple[str | int, ...] = ("email",)) -> str:
    """Lower case, the domain in its ASCII form (IDNA 2008): `A@Bücher.example` is `a@xn--bcher-kva.example`.

    Plus-tags stay: they are part of the mailbox's name. Refuses what is not an address, line breaks and other
    control characters included.
    """
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidField(field, "This is not an e-mail address.", code="invalid_email") from None
    normal = f"{checked.local_part}@{checked.ascii_domain}".lower()
    if len(normal) > MAX_LENGTH:
        raise InvalidField(field, f"An address may have at most {MAX_LENGTH} characters.", code="invalid_email")
    return normal


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
