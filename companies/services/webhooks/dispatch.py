"""Turn numbered events into deliveries, one for each endpoint that wants them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from procrastinate.types import JSONDict

from companies.models import EventStream, PartnerEvent, PartnerEventType, WebhookDelivery, WebhookEndpoint
from companies.services.webhooks.company_filter import gets_company
from companies.services.webhooks.numbers import number_events
from companies.services.webhooks.statements import drop_dispatches, wake_lanes
from config.jobs import defer

BATCH = 200


def dispatch_events(partner_id: UUID, is_live: bool) -> None:
    """Create the deliveries of all events that have none yet, and wake the endpoints that get them.

    A paused endpoint gets deliveries, which wait. A disabled one gets none. If this is cut off, it goes on where it
    stopped: each batch commits with the place that it has reached. Further jobs that wait to do the same are dropped:
    thousands of one partner would delay those of others.
    """
    drop_dispatches(partner_id, is_live)
    number_events(partner_id, is_live)
    woken: set[UUID] = set()
    while (reached := _dispatch_batch(partner_id, is_live)) is not None:
        woken |= reached
    wake_lanes(woken)


@transaction.atomic
def _dispatch_batch(partner_id: UUID, is_live: bool) -> set[UUID] | None:
    """Return the endpoints that get an event of the next batch. None if there is no event.

    The endpoints are read behind the lock of the stream: one that was created before a numbered event is among them.
    """
    streams = EventStream.objects.select_for_update(no_key=True)
    stream = streams.filter(partner_id=partner_id, is_live=is_live).first()
    if stream is None or stream.dispatched_sequence >= stream.last_sequence:
        return None
    endpoints = list(WebhookEndpoint.objects.existing().filter(**_of(stream), disabled_at=None))
    events = _next_events(stream, endpoints) if endpoints else []
    deliveries = WebhookDelivery.objects.bulk_create(
        (WebhookDelivery(event=event, endpoint=each) for event in events for each in endpoints if wants(each, event)),
        ignore_conflicts=True,
    )
    is_last = len(events) < BATCH
    stream.dispatched_sequence = stream.last_sequence if is_last else events[-1].sequence or 0
    stream.save(update_fields=["dispatched_sequence"])
    return {delivery.endpoint_id for delivery in deliveries}


def _next_events(stream: EventStream, endpoints: Sequence[WebhookEndpoint]) -> list[PartnerEvent]:
    """Return the events that follow in the stream, without those that came before every endpoint."""
    last = max(stream.dispatched_sequence, min(endpoint.starts_after for endpoint in endpoints))
    rows = PartnerEvent.objects.filter(**_of(stream), sequence__gt=last)
    events = rows.only("type", "company_id", "resource_id", "sequence")
    return list(events.order_by("sequence")[:BATCH])


def _of(stream: EventStream) -> dict[str, Any]:
    return {"partner_id": stream.partner_id, "is_live": stream.is_live}


def wants(endpoint: WebhookEndpoint, event: PartnerEvent) -> bool:
    """True if the endpoint gets the event. A test event is for the endpoint that it names, in spite of the filters."""
    if event.type == PartnerEventType.WEBHOOK_TEST:
        return event.resource_id == endpoint.pk
    return (
        (event.sequence or 0) > endpoint.starts_after
        and (not endpoint.event_types or event.type in endpoint.event_types)
        and gets_company(endpoint, event.company_id)
    )


def wake_forgotten() -> None:
    """Queue the jobs that a crash has lost: those of events without deliveries, and of deliveries that are due."""
    endpoints = WebhookEndpoint.objects.existing()
    of_stream = {"partner_id": OuterRef("partner_id"), "is_live": OuterRef("is_live")}
    behind = EventStream.objects.filter(**of_stream, dispatched_sequence__lt=F("last_sequence"))
    unnumbered = PartnerEvent.objects.filter(**of_stream, sequence=None)
    streams = endpoints.filter(Exists(behind) | Exists(unnumbered)).values("partner_id", "is_live").distinct()
    jobs: list[JSONDict] = [{"partner_id": str(each["partner_id"]), "is_live": each["is_live"]} for each in streams]
    if jobs:
        defer("companies.tasks.dispatch_events", *jobs)

    now = timezone.now()
    due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), due_at__lte=now)
    idle = Q(busy_until=None) | Q(busy_until__lt=now)
    wake_lanes(endpoints.active().filter(idle, Exists(due)).values_list("pk", flat=True))
