"""The invitation's log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from companies.actors import Actor
from companies.log import append_event
from config.camel_case import to_camel_case
from invitations.models import EventType, Invitation, InvitationEvent

# of these a line tells what they were and became; texts and addresses are personal, and stand where they are erased
AUDITED_FIELDS = ("expires_at", "max_uses")


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
    return append_event(invitation.events, event_type, by=by, email=email, detail=detail, event_id=event_id)


def audit_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """For the detail of a line `UPDATED`: `{"changes": {"maxUses": {"old": 1, "new": null}}}`, with times as the API's.

    Empty when nothing that is told was changed.
    """
    changes = {
        to_camel_case(name): {"old": _on_the_wire(before[name]), "new": _on_the_wire(after[name])}
        for name in AUDITED_FIELDS
        if name in after
    }
    return {"changes": changes} if changes else {}


def _on_the_wire(value: datetime | int | None) -> str | int | None:
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
