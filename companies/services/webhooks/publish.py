"""Publish events to partners, in the transaction of their cause. They are the feed, and what webhooks send."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from companies.models import Company, PartnerEvent, PartnerEventType
from companies.services.webhooks.statements import wake_dispatch

Snapshot = dict[str, Any]
# it differs after every change, so it says nothing about one
NEVER_NAMED = {"updatedAt"}


class Resource(Protocol):
    """An invitation or a connection."""

    pk: Any
    company: Company


def snapshots(kind: str, resources: Sequence[Resource]) -> list[Snapshot]:
    """Return what the API shows of objects in memory, as JSON, without links. `kind`: `invitation` or `connection`."""
    represent: Callable[[Sequence[Resource]], list[Snapshot]] = import_string(settings.EVENT_SNAPSHOTS[kind])
    return represent(resources)


def snapshot(kind: str, resource: Resource) -> Snapshot:
    return snapshots(kind, [resource])[0]


def new_partner_event(
    event_type: PartnerEventType,
    resource: Resource,
    data: Snapshot,
    *,
    before: Snapshot | None = None,
    context: dict[str, Any] | None = None,
    happened_at: datetime | None = None,
) -> PartnerEvent:
    """Return an event that is not stored, for `publish`, or for a statement that stores it with its cause.

    `data` and `before` are snapshots of the resource after and before its change.
    """
    company = resource.company
    return PartnerEvent(
        partner_id=company.partner_id,
        company_id=company.pk,
        is_live=company.is_live,
        type=event_type,
        resource_id=resource.pk,
        data=data,
        previous=before and old_values(before, data),
        context=context or {},
        created_at=happened_at or timezone.now(),
    )


def old_values(before: Snapshot, after: Snapshot) -> Snapshot | None:
    """Return the members of `before` that changed, or None if there are none."""
    changed = {name: value for name, value in before.items() if after[name] != value and name not in NEVER_NAMED}
    return changed or None


def publish(events: Sequence[PartnerEvent]) -> None:
    """Store the events, and queue the jobs that send them. Call it in the transaction of their cause."""
    if events:
        PartnerEvent.objects.bulk_create(events)
        streams: dict[tuple[UUID, bool], None] = {(event.partner_id, event.is_live): None for event in events}
        wake_dispatch(streams)
