"""Normalisation of email addresses."""

from email_validator import EmailNotValidError, validate_email

from config.exceptions import InvalidField

FOREIGN = "No mail reaches letters such as ü before the @-sign."
NO_ADDRESS = "This is not an email address."
MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3


def normalize_address(address: str, *, field: tuple[str | int, ...] = ("email",)) -> str:
    """Return the address in lower case, its domain in ASCII (IDNA 2008). Plus-tags stay.

    `A@Bücher.example` becomes `a@xn--bcher-kva.example`. Raises `InvalidField`, also for control characters.
    """
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidField(field, NO_ADDRESS, code="invalid_email") from None
    if checked.local_part == "*":  # reads like a wildcard for the domain
        raise InvalidField(field, NO_ADDRESS, code="invalid_email")
    normal = f"{checked.local_part}@{checked.ascii_domain}".lower()
    if len(normal) > MAX_LENGTH:
        raise InvalidField(field, f"An address may have at most {MAX_LENGTH} characters.", code="invalid_email")
    return normal


def why_no_address(text: str) -> str:
    """Explain to the user why `normalize_address` refuses the text."""
    local, at, _ = text.rpartition("@")
    if at and not local.isascii():
        return FOREIGN
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error)
    return NO_ADDRESS
