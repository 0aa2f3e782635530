"""Append events to the log of an invitation."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from companies.actors import Actor
from companies.services.events import append_event
from config.camel_case import to_camel_case
from config.db.advisory_locks import wait_for_lock
from config.times import iso_8601
from invitations.models import EventType, Invitation, InvitationEvent

# events have the old and new values of these fields; texts and addresses are personal and not copied
AUDITED_FIELDS = ("expires_at", "max_uses")
FOLDED_FOR = timedelta(hours=1)


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


def new_event(
    invitation: Invitation,
    event_type: EventType,
    *,
    by: Actor,
    email: str | None = None,
    event_id: UUID | None = None,
    **detail: Any,
) -> InvitationEvent:
    """Return an event that is not stored, for a statement that stores it with its cause."""
    known = {"id": event_id} if event_id else {}
    return InvitationEvent(
        invitation=invitation, type=event_type, email=email, detail=detail, **by.event_fields, **known
    )


def log_events(event_type: EventType, details: Mapping[UUID, dict[str, Any]], *, by: Actor) -> None:
    """Append an event to each invitation, whose id is a key of `details`, with one statement."""
    InvitationEvent.objects.bulk_create(
        InvitationEvent(invitation_id=key, type=event_type, detail=detail, **by.event_fields)
        for key, detail in details.items()
    )


@transaction.atomic
def log_repeated_event(
    invitation: Invitation, event_type: EventType, *, by: Actor, email: str | None = None, **detail: Any
) -> None:
    """Append an event that strangers can cause again and again.

    Those of one type, actor, address and detail within an hour are one row, with `count` and `lastAt` in its detail.
    """
    wait_for_lock(f"{event_type} of {invitation.pk}")
    now = timezone.now()
    # the same statement with and without an address: its time must not reveal which addresses are allowed
    recent = invitation.events.alias(about=Coalesce("email", Value(""))).filter(created_at__gt=now - FOLDED_FOR)
    same = recent.filter(type=event_type, actor=by.kind, about=email or "", detail__contains=detail)
    last = same.order_by("-pk").first()
    if last is None:
        log_event(invitation, event_type, by=by, email=email, **detail)
        return
    last.detail = detail | {"count": last.detail.get("count", 1) + 1, "lastAt": _to_wire(now)}
    last.save(update_fields=["detail"])


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
    return iso_8601(value) if isinstance(value, datetime) else value
