from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from companies.exceptions import EventGone
from companies.models import EventStream, PartnerEvent, WebhookAttempt, WebhookDelivery
from companies.services.webhooks.feed import FEED_TYPES, delete_old_events, read_feed
from companies.services.webhooks.partitions import keep_partitions
from config.db.uuid7 import first_uuid7_at
from config.operations.partitions import partition_figures
from tests.companies.services.webhooks.deliveries import make_endpoint, make_events
from tests.companies.services.webhooks.partitions import TABLES, partitions_of, replace_partitions
from tests.database import execute
from tests.factories import make_api_key

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


def months():
    """Names of the partitions of this month and the next two."""
    first = NOW.year * 12 + NOW.month - 1
    return {
        datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).strftime("%Y%m%d") for month in range(first, first + 3)
    }


def delivered(endpoint, company, *, at, sequence):
    (event,) = make_events(company, id=first_uuid7_at(at), sequence=sequence)
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    delivery.log.create(id=event.pk, number=1, started_at=at, duration=timedelta(0), url=endpoint.url)
    return event


def place_of(event):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM companies_partnerevent WHERE id = %s", [event.pk])
        return cursor.fetchone()[0].removeprefix("companies_partnerevent_")


def test_missing_partitions_are_created(company):
    replace_partitions(starts=NOW - 90 * DAY, ends=NOW - 70 * DAY)
    execute("DROP TABLE companies_partnerevent_past, companies_webhookdelivery_past, companies_webhookattempt_past")
    for _ in range(2):
        assert keep_partitions()

    assert {table: partitions_of(table) for table in TABLES} == dict.fromkeys(TABLES, months() | {"other"})
    assert place_of(make_events(company)[0]) == NOW.strftime("%Y%m01")


def test_old_partitions_are_dropped(company):
    replace_partitions(starts=NOW - 60 * DAY, ends=NOW - 30 * DAY)
    endpoint, key = make_endpoint(company), make_api_key(company.partner)[0]
    old, newest = (delivered(endpoint, company, at=NOW - days * DAY, sequence=60 - days) for days in (50, 40))
    delivered(endpoint, company, at=NOW - 29 * DAY, sequence=31)
    stream = EventStream.objects.create(**company.world._asdict(), last_sequence=31)
    assert keep_partitions()

    stream.refresh_from_db()
    assert (stream.deleted_sequence, stream.deleted_event_id) == (20, newest.pk)
    assert partitions_of(TABLES[0]) & {"past"} == set()
    assert [PartnerEvent.objects.count(), WebhookDelivery.objects.count(), WebhookAttempt.objects.count()] == [1] * 3
    assert [event.sequence for event in read_feed(key, types=FEED_TYPES, after=newest.pk, limit=9).events] == [31]
    with pytest.raises(EventGone):
        read_feed(key, types=FEED_TYPES, after=old.pk, limit=9)


def test_young_partitions_stay(company):
    replace_partitions(starts=NOW - 60 * DAY, ends=NOW - 29 * DAY)
    (event,) = make_events(company, id=first_uuid7_at(NOW - 50 * DAY))
    assert keep_partitions()

    assert place_of(event) == "past"


def test_locked_tables_are_left_at_once():
    replace_partitions(starts=NOW - 60 * DAY, ends=NOW - 40 * DAY)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE companies_eventstream IN EXCLUSIVE MODE")
        assert not keep_partitions()

    assert "past" in partitions_of(TABLES[0])
    assert keep_partitions()


def test_rows_outside_are_kept_until_old(company):
    replace_partitions(starts=NOW - 90 * DAY, ends=NOW - 80 * DAY)
    (young,) = make_events(company)
    endpoint = make_endpoint(company)
    delivered(endpoint, company, at=NOW - 70 * DAY, sequence=1)
    (future,) = make_events(company, id=UUID(int=young.pk.int + (1 << 120)))
    left = WebhookDelivery.objects.create(endpoint=endpoint, event_id=first_uuid7_at(NOW - 70 * DAY, shift=DAY))
    left.log.create(id=left.event_id, number=1, started_at=NOW, duration=timedelta(0), url=endpoint.url)
    assert keep_partitions()

    assert partitions_of(TABLES[0]) == months() - {NOW.strftime("%Y%m01")} | {"other"}
    assert (place_of(young), place_of(future)) == ("other", "other")
    figures = {each.table: (each.end_seconds > 30 * 86400, each.other_bytes > 0) for each in partition_figures()}
    assert figures == dict.fromkeys(TABLES, (True, True))
    assert [delete_old_events() > 0 for _ in range(3)] == [True, True, False]
    assert set(PartnerEvent.objects.values_list("pk", flat=True)) == {young.pk, future.pk}
    assert not WebhookDelivery.objects.exists()
    assert not WebhookAttempt.objects.exists()


def test_role_without_rights_keeps_partitions():
    replace_partitions(starts=NOW - 60 * DAY, ends=NOW - 40 * DAY)
    execute("CREATE ROLE latchkey_without_rights")
    execute("SET LOCAL ROLE latchkey_without_rights")
    assert keep_partitions()
    execute("RESET ROLE")

    assert partitions_of(TABLES[0]) == months() | {"other"}


def test_constraints_hold_in_partitions(company):
    endpoint, (event,) = make_endpoint(company), make_events(company, sequence=1)
    WebhookDelivery.objects.create(endpoint=endpoint, event=event)

    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_events(company, sequence=1)
