"""Append events to the log of an invitation, and publish them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from companies.actors import Actor
from companies.models import PartnerEvent, PartnerEventType
from companies.services.events import append_event
from companies.services.webhooks.publish import Snapshot, new_partner_event, publish, snapshot, snapshots
from config.camel_case import to_camel_case
from config.db.advisory_locks import wait_for_lock
from config.monitoring.metrics import Counter
from config.times import iso_8601
from invitations.models import EventType, Invitation, InvitationEvent

KIND = "invitation"
# partners are not told what strangers can cause at will, such as a request for a code
PUBLISHED = {
    EventType.CREATED: PartnerEventType.INVITATION_CREATED,
    EventType.SENT: PartnerEventType.INVITATION_SENT,
    EventType.DELIVERY_FAILED: PartnerEventType.INVITATION_DELIVERY_FAILED,
    EventType.VIEWED: PartnerEventType.INVITATION_VIEWED,
    EventType.EMAIL_VERIFIED: PartnerEventType.INVITATION_VERIFIED,
    EventType.USED: PartnerEventType.INVITATION_USED,
    EventType.FULFILLED: PartnerEventType.INVITATION_FULFILLED,
    EventType.UPDATED: PartnerEventType.INVITATION_UPDATED,
    EventType.ROTATED: PartnerEventType.INVITATION_ROTATED,
    EventType.REVOKED: PartnerEventType.INVITATION_REVOKED,
    EventType.FORWARDED: PartnerEventType.INVITATION_FORWARDED,
    EventType.DECLINED: PartnerEventType.INVITATION_DECLINED,
    EventType.LINK_REQUESTED: PartnerEventType.INVITATION_LINK_REQUESTED,
    EventType.REMINDED: PartnerEventType.INVITATION_REMINDED,
}
# events have the old and new values of these fields; texts and addresses are personal and not copied
AUDITED_FIELDS = ("expires_at", "max_uses", "sends_reminders", "allows_forwarding")
# where the API's name differs from the column's
WIRE_NAMES = {"sends_reminders": "reminders", "allows_forwarding": "allowForwarding"}
FOLDED_FOR = timedelta(hours=1)
STEPS = Counter(
    "invitation_events_total",
    "What happened to invitations, by type of event, also in test mode.",
    ["type"],
    known=[(value,) for value in EventType.values],
)


def log_event(
    invitation: Invitation,
    event_type: EventType,
    *,
    by: Actor,
    email: str | None = None,
    before: Snapshot | None = None,
    **detail: Any,
) -> InvitationEvent:
    """Append an event, and publish it by `PUBLISHED`. Call it in the transaction of the change.

    `before` is the snapshot from before the change. The one after it is read from the database, because `invitation`
    may be older.
    """
    event = append_event(invitation.events, event_type, by=by, email=email, detail=detail)
    STEPS.count_on_commit(event_type)
    _publish_stored(event_type, [invitation.pk], before=before)
    return event


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
    """Append an event to each invitation, whose id is a key of `details`, and publish it. A fixed number of queries."""
    InvitationEvent.objects.bulk_create(
        InvitationEvent(invitation_id=key, type=event_type, detail=detail, **by.event_fields)
        for key, detail in details.items()
    )
    STEPS.count_on_commit(event_type, times=len(details))
    _publish_stored(event_type, details)


def publication(event_type: EventType, invitation: Invitation) -> PartnerEvent:
    """Return the event that partners get, for the statement that stores it. The invitation is as after the change."""
    return new_partner_event(PUBLISHED[event_type], invitation, snapshot(KIND, invitation))


def find_references(ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return what the events of a connection say of the invitation that created it, by id."""
    rows = Invitation.objects.filter(pk__in=ids).only("external_id", "metadata")
    return {row.pk: reference(row) for row in rows}


def reference(invitation: Invitation) -> dict[str, Any]:
    return {"id": str(invitation.pk), "externalId": invitation.external_id, "metadata": invitation.metadata}


def _publish_stored(event_type: EventType, ids: Collection[UUID], *, before: Snapshot | None = None) -> None:
    """Publish an event of each invitation, as it is in the database now. `before` is for a single one."""
    if event_type not in PUBLISHED:
        return
    invitations = list(Invitation.objects.select_related("company").filter(pk__in=ids).order_by("pk"))
    events = zip(invitations, snapshots(KIND, invitations), strict=True)
    publish([new_partner_event(PUBLISHED[event_type], each, data, before=before) for each, data in events])


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
    STEPS.count_on_commit(event_type)
    last.detail = detail | {"count": last.detail.get("count", 1) + 1, "lastAt": _to_wire(now)}
    last.save(update_fields=["detail"])


def audit_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Build the detail of an `UPDATED` event: `{"changes": {"maxUses": {"old": 1, "new": null}}}`.

    Times are in the API's format. Empty if no audited field changed.
    """
    changes = {
        wire_name(name): {"old": _to_wire(before[name]), "new": _to_wire(after[name])}
        for name in AUDITED_FIELDS
        if name in after
    }
    return {"changes": changes} if changes else {}


def wire_name(column: str) -> str:
    return WIRE_NAMES.get(column) or to_camel_case(column)


def _to_wire(value: datetime | int | None) -> str | int | None:
    return iso_8601(value) if isinstance(value, datetime) else value
