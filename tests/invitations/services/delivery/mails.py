"""Mailed invitations, and the state of their deliveries."""

import time

from invitations.models import EventType
from tests.factories import make_invitation

ANNA, BEN, CLEO = "anna@example.com", "ben@example.com", "cleo@example.com"


def mailed(*emails, **fields):
    return make_invitation(allowed_emails=emails or [ANNA], send_email=True, **fields)


def delivery(invitation, email=ANNA):
    return invitation.deliveries.get(email=email)


def told(invitation, email=ANNA):
    """Return status, attempts and last error."""
    known = delivery(invitation, email)
    return known.status, known.attempts, known.last_error


def logged(invitation, *types):
    wanted = types or [EventType.SENT, EventType.DELIVERY_FAILED]
    return list(invitation.events.filter(type__in=wanted).order_by("pk").values_list("type", "email"))


def until(happened, seconds=60):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
