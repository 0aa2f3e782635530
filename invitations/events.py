"""The invitation's log."""

from typing import Any
from uuid import UUID

from companies.actors import Actor
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
    return InvitationEvent.objects.create(
        **({"id": event_id} if event_id else {}),
        invitation=invitation,
        type=event_type,
        actor=by.kind,
        api_key=by.api_key,
        user=by.user,
        email=email,
        detail=detail,
    )
