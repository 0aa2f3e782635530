"""Normalisation of email addresses, typed by people or sent by programs."""

from email_validator import EmailNotValidError, validate_email

from config.exceptions import InvalidField
from config.typed_address import clean_address

FOREIGN = "No mail reaches letters such as ü before the @-sign."
NO_ADDRESS = "This is not an email address."
STAR = "A star only stands for a whole domain, as in *@example.com."
MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3


class NormalAddress(str):
    """An address that `normalize_address` has returned. It is not checked again."""


def normalize_address(address: str, *, field: tuple[str | int, ...] = ("email",)) -> NormalAddress:
    """Return the address in lower case, its domain in ASCII (IDNA 2008). Plus-tags stay.

    `Anna <A@Bücher.example>` becomes `a@xn--bcher-kva.example`: see `clean_address`. Raises `InvalidField`, also for
    control characters.
    """
    return address if isinstance(address, NormalAddress) else normalize_cleaned(clean_address(address), field=field)


def normalize_cleaned(address: str, *, field: tuple[str | int, ...] = ("email",)) -> NormalAddress:
    """Normalize the result of `clean_address`."""
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidField(field, NO_ADDRESS, code="invalid_email") from None
    if "*" in checked.local_part:  # reads like a pattern for several addresses
        raise InvalidField(field, STAR, code="invalid_email")
    normal = f"{checked.local_part}@{checked.ascii_domain}".lower()
    if len(normal) > MAX_LENGTH:
        raise InvalidField(field, f"An address may have at most {MAX_LENGTH} characters.", code="invalid_email")
    return NormalAddress(normal)


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
