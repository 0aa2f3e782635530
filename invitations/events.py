"""The invitation's log."""

from typing import Any
from uuid import UUID

from companies.actors import Actor
from companies.log import append_line
from invitations.models import EventType, Invitation, InvitationEvent


def log_event(
    invitation: Invitation,
    event_type: EventType,
    *,
    by: Actor,
    email: str | None = None,
    event_id: UUID | None = None,
    **detail: Any,
) -> InvitationEvent:
    """Append a line; call it in the transaction that makes the line true. The same `event_id` is stored once."""
    return append_line(invitation.events, event_type, by=by, email=email, detail=detail, line_id=event_id)
