"""The invitation's log."""

from typing import Any

from companies.actors import Actor
from companies.log import append_line
from invitations.models import EventType, Invitation, InvitationEvent


def log_event(
    invitation: Invitation, event_type: EventType, *, by: Actor, email: str | None = None, **detail: Any
) -> InvitationEvent:
    """Append a line; call it in the transaction that makes the line true."""
    return append_line(invitation.events, event_type, by=by, email=email, detail=detail)
