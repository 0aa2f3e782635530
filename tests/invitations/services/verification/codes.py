"""Ask for codes and enter them."""

from invitations.exceptions import CodeAttemptsExceeded, CodeExpired, RateLimitExceeded, WrongCode
from invitations.services.verification.codes import check_code, request_code

ANNA, BEN, STRANGER = "anna@example.com", "ben@example.com", "stranger@example.org"


def ask(invitation, email=ANNA, client="visitor"):
    return request_code(invitation, email, client=client)


def enter(invitation, code, email=ANNA, client="visitor"):
    """Return the proof, or the class of the exception."""
    try:
        return check_code(invitation, email, code if isinstance(code, str) else code.digits, client=client)[0]
    except (WrongCode, CodeExpired, CodeAttemptsExceeded, RateLimitExceeded) as error:
        return type(error)


def wrong(invitation):
    """Return digits that no code of the invitation has."""
    taken = {code.digits for code in invitation.codes.all()}
    return next(digits for digits in (f"{number:06d}" for number in range(1000)) if digits not in taken)


def logged(invitation, event_type):
    return list(invitation.events.filter(type=event_type).order_by("pk").values_list("email", "actor", "detail"))
