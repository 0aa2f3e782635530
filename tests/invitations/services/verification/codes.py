"""Ask for codes and enter them."""

from invitations.exceptions import CodeAttemptsExceeded, CodeExpired, WrongCode
from invitations.services.verification.codes import check_code, request_code, send_code

ANNA, BEN, STRANGER = "anna@example.com", "ben@example.com", "stranger@example.org"


def ask(invitation, email=ANNA, client="visitor", link=None):
    """Request a code, and let the worker mail it."""
    code = request_code(invitation, email, client=client, link=link)
    send_code(code.pk)
    return code


def enter(invitation, code, email=ANNA, requested=None):
    """Return the proof, or the class of the exception. The browser requested all codes, if none are named."""
    digits = code if isinstance(code, str) else code.digits
    known = invitation.codes.values_list("pk", flat=True) if requested is None else [each.pk for each in requested]
    try:
        return check_code(invitation, email, digits, requested=known)[0]
    except (WrongCode, CodeExpired, CodeAttemptsExceeded) as error:
        return type(error)


def wrong(invitation):
    """Return digits that no code of the invitation has."""
    taken = {code.digits for code in invitation.codes.all()}
    return next(digits for digits in (f"{number:06d}" for number in range(1000)) if digits not in taken)


def logged(invitation, event_type):
    return list(invitation.events.filter(type=event_type).order_by("pk").values_list("email", "actor", "detail"))
