"""Append events to the log of an invitation."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from companies.actors import Actor
from companies.services.events import append_event
from config.camel_case import to_camel_case
from invitations.models import EventType, Invitation, InvitationEvent

# events have the old and new values of these fields; texts and addresses are personal and not copied
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
    """Append an event. Call it in the transaction of the change. An `event_id` can be stored only once."""
    return append_event(invitation.events, event_type, by=by, email=email, detail=detail, event_id=event_id)


def audit_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Build the detail of an `UPDATED` event: `{"changes": {"maxUses": {"old": 1, "new": null}}}`.

    Times are in the API's format. Empty if no audited field changed.
    """
    changes = {
        to_camel_case(name): {"old": _to_wire(before[name]), "new": _to_wire(after[name])}
        for name in AUDITED_FIELDS
        if name in after
    }
    return {"changes": changes} if changes else {}


def _to_wire(value: datetime | int | None) -> str | int | None:
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
