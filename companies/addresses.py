"""One normal form for email addresses, so that the same mailbox is the same text."""

from email_validator import EmailNotValidError, validate_email

from config.exceptions import InvalidField

FOREIGN = "No mail reaches letters such as ü before the @-sign."
NO_ADDRESS = "This is not an email address."
MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3


def normalize_address(address: str, *, field: tuple[str | int, ...] = ("email",)) -> str:
    """Lower case, the domain in its ASCII form (IDNA 2008): `A@Bücher.example` is `a@xn--bcher-kva.example`.

    Plus-tags stay: they are part of the mailbox's name. Refuses what is not an address, line breaks and other
    control characters included.
    """
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidField(field, NO_ADDRESS, code="invalid_email") from None
    if checked.local_part == "*":  # it would stand for everybody there
        raise InvalidField(field, NO_ADDRESS, code="invalid_email")
    normal = f"{checked.local_part}@{checked.ascii_domain}".lower()
    if len(normal) > MAX_LENGTH:
        raise InvalidField(field, f"An address may have at most {MAX_LENGTH} characters.", code="invalid_email")
    return normal


def why_no_address(text: str) -> str:
    """What is wrong with a text that `normalize_address` refuses, in a sentence for whoever typed it."""
    local, at, _ = text.rpartition("@")
    if at and not local.isascii():
        return FOREIGN
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error)
    return NO_ADDRESS
