"""The events of a partner as a feed that is pulled."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from companies.exceptions import EventGone
from companies.models import ApiKey, EventStream, PartnerEvent, PartnerEventType, WebhookAttempt, WebhookDelivery
from companies.services.webhooks.numbers import number_events
from companies.services.webhooks.statements import feed_page, remember_deleted
from config.db.uuid7 import first_uuid7_at

KEPT = timedelta(days=30)  # at least: a whole month is deleted when its last event is as old
DELETED_AT_ONCE = 500
FEED_TYPES = [each for each in PartnerEventType if each != PartnerEventType.WEBHOOK_TEST]


class FeedPage(NamedTuple):
    """Events, oldest first. `last_id` is the event from which to go on, None if there was none yet."""

    events: list[PartnerEvent]
    has_next: bool
    last_id: UUID | None


def read_feed(key: ApiKey, *, types: Collection[str], after: UUID | None, limit: int) -> FeedPage:
    """Return the events that follow `after`, of these types and of the companies that the key sees.

    A reader that goes on from `last_id` misses no event, however late its transaction commits: the events are read in
    the order of their numbers, which they get after their commit. Raises `EventGone`.
    """
    number_events(*key.world)
    # read before the events: what is numbered in between comes with the next page
    stream = EventStream.objects.filter(**key.world._asdict()).first() or EventStream()
    place = _place_of(after, key, stream) if after else 0
    ids = feed_page(
        *key.world, types=types, companies=key.company_ids, after=place, last=stream.last_sequence, limit=limit + 1
    )
    events = sorted(PartnerEvent.objects.filter(pk__in=ids[:limit]), key=lambda event: event.sequence or 0)
    last_id = events[-1].pk if events else after
    has_next = len(ids) > limit
    if not has_next and not key.company_ids:
        last_id = stream.last_event_id or last_id
    return FeedPage(events, has_next, last_id)


def _place_of(after: UUID, key: ApiKey, stream: EventStream) -> int:
    """Return the number of an event that the key sees. Raises `EventGone`, unless all behind a deleted one are kept."""
    if after == stream.deleted_event_id and not key.company_ids:
        return stream.deleted_sequence
    events = PartnerEvent.objects.filter(partner=key.partner_id, is_live=key.is_live, sequence__isnull=False)
    if key.company_ids:
        events = events.filter(company__in=key.company_ids)
    place = events.filter(pk=after).values_list("sequence", flat=True).first()
    if place is None:
        raise EventGone
    return place


@transaction.atomic
def delete_old_events() -> int:
    """Delete up to 500 old rows that are in no partition of a month, or in one that was not free to be dropped.

    Deletes events with their deliveries, then deliveries and attempts whose events were dropped. Returns how many rows.
    """
    first_kept = first_uuid7_at(_month_of(timezone.now() - KEPT))
    ids = list(
        PartnerEvent.objects.filter(pk__lt=first_kept).order_by("pk").values_list("pk", flat=True)[:DELETED_AT_ONCE]
    )
    remember_deleted(ids)
    PartnerEvent.objects.filter(pk__in=ids).delete()
    return len(ids) or _delete_left(first_kept)


def _delete_left(first_kept: UUID) -> int:
    deliveries = WebhookDelivery.objects.filter(event_id__lt=first_kept)
    attempts = WebhookAttempt.objects.filter(pk__lt=first_kept)
    deleted = 0
    for rows in (deliveries, attempts):
        ids = list(rows.values_list("pk", flat=True)[:DELETED_AT_ONCE])
        deleted += rows.filter(pk__in=ids).delete()[0] if ids else 0
    return deleted


def _month_of(moment: datetime) -> datetime:
    """Return the beginning of its month in UTC, at which a partition begins."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
