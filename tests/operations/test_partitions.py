"""Tables of events are divided, and their months created and dropped, while others write and read them."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from uuid import UUID

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from companies.models import ApiKey, EventStream, PartnerEvent, WebhookAttempt, WebhookDelivery
from companies.services.webhooks.answers import Answer
from companies.services.webhooks.dispatch import dispatch_events
from companies.services.webhooks.feed import DELETED_AT_ONCE, FEED_TYPES, delete_old_events, read_feed
from companies.services.webhooks.numbers import number_events
from companies.services.webhooks.partitions import keep_partitions
from companies.services.webhooks.rounds import Attempt, begin_round, end_round, record_attempts
from config.db.uuid7 import first_uuid7_at
from tests.companies.services.webhooks.deliveries import make_endpoint
from tests.companies.services.webhooks.partitions import TABLES, partitions_of
from tests.database import execute
from tests.factories import CompanyFactory, make_api_key, make_invitation
from tests.operations.roles import connected_as, superuser
from tests.races import wait_for_a_lock

BEFORE = "0024_logo_backdrop"
OLD = 100_000
SEED = (
    f"""
    INSERT INTO companies_partnerevent (id, partner_id, company_id, is_live, type, data, sequence, created_at)
    SELECT overlay(%(oldest)s PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, %(partner)s, %(company)s, true,
        'invitation.viewed', jsonb_build_object('message', repeat(md5(n::text), 15)), n, now()
    FROM generate_series(1, {OLD}) AS n
    """,
    f"""
    INSERT INTO companies_eventstream (partner_id, is_live, last_sequence, dispatched_sequence)
    VALUES (%(partner)s, true, {OLD}, {OLD})
    """,
    """
    INSERT INTO companies_webhookdelivery (id, endpoint_id, event_id, status, attempts, round_attempts, created_at)
    SELECT id, %(endpoint)s, id, 'DELIVERED', 1, 1, now() FROM companies_partnerevent
    """,
    """
    INSERT INTO companies_webhookattempt (id, delivery_id, number, url, started_at, duration, answer, error)
    SELECT id, id, 1, '', now(), '1 s', '', '' FROM companies_webhookdelivery
    """,
)
MOST_SECONDS = 3  # that a request may wait


@pytest.fixture
def older_database(transactional_db: None) -> Iterator[None]:
    """A database of the version before the partitions, with 100,000 old events of another partner."""
    name = f"latchkey_{secrets.token_hex(4)}"
    with psycopg.connect(**superuser(), autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name}")
        try:
            with connected_as(connection.settings_dict["USER"], name):
                executor = MigrationExecutor(connection)
                others = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "companies"]
                executor.migrate([*others, ("companies", BEFORE)])
                _seed()
                yield
        finally:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _seed() -> None:
    company = CompanyFactory()
    oldest = first_uuid7_at(timezone.now(), shift=timedelta(days=-70))
    with connection.cursor() as cursor:
        given = {"partner": company.partner_id, "company": company.pk, "endpoint": make_endpoint(company).pk}
        for statement in SEED:
            cursor.execute(statement, given | {"oldest": str(oldest)})


class Traffic:
    """Threads that invite, send the events of it, and read the feed."""

    def __init__(self) -> None:
        self.company = CompanyFactory()
        self.endpoint = make_endpoint(self.company)
        self.key: ApiKey = make_api_key(self.company.partner)[0]
        self.published: list[UUID] = []
        self.read: list[int] = []
        self.errors: list[Exception] = []
        self.longest = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        stop, acts = threading.Event(), (self.publish, self.publish, self.send, self.read_feed)
        threads = [threading.Thread(target=self._repeat, args=(act, stop)) for act in acts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _repeat(self, act: Callable[[], None], stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                begin = time.monotonic()
                act()
                self.longest = max(self.longest, time.monotonic() - begin)
        except Exception as error:
            self.errors.append(error)
        finally:
            connection.close()

    def publish(self) -> None:
        self.published.append(make_invitation(self.company).pk)

    def send(self) -> None:
        dispatch_events(self.company.partner_id, True)
        current = begin_round(self.endpoint.pk)
        if current:
            now = timezone.now()
            sent = [Attempt(message, now, timedelta(0), Answer(204)) for message in current.messages]
            record_attempts(current, sent)
            end_round(current)

    def read_feed(self) -> None:
        page = read_feed(self.key, types=FEED_TYPES, after=getattr(self, "cursor", None), limit=100)
        self.read += [event.sequence or 0 for event in page.events]
        self.cursor = page.last_id

    def assert_nothing_is_lost(self) -> None:
        for _ in range(len(self.published)):
            self.send()
            self.read_feed()
            if len(self.read) == len(self.published):
                break
        own = PartnerEvent.objects.filter(partner=self.company.partner)
        assert self.errors == []
        assert self.read == list(range(1, len(self.published) + 1))
        assert set(own.values_list("resource_id", flat=True)) == set(self.published)
        while WebhookDelivery.objects.filter(status="PENDING").exists():
            self.send()
        assert self.endpoint.deliveries.filter(status="DELIVERED").count() == len(self.published)
        assert WebhookAttempt.objects.filter(delivery__endpoint=self.endpoint).count() == len(self.published)
        assert self.longest < MOST_SECONDS


def timed(act: Callable[[], object]) -> float:
    begin = time.monotonic()
    act()
    return time.monotonic() - begin


def keep() -> None:
    while not keep_partitions():
        time.sleep(0.1)


def create_again() -> None:
    """Drop the empty partitions of later months, and create them."""
    later = partitions_of(TABLES[0]) - {"first", "now", "other"}
    execute("SET lock_timeout = '5s'")
    for table, month in product(TABLES, later):
        execute(f"DROP TABLE {table}_{month}")
    execute("RESET lock_timeout")
    keep()
    assert partitions_of(TABLES[0]) >= later


def end_first() -> None:
    """Give the rows that are older than 30 days a partition of their own, as if years had passed."""
    middle = first_uuid7_at(timezone.now(), shift=timedelta(days=-30, minutes=-1))
    for table in TABLES:
        key = "event_id" if table == "companies_webhookdelivery" else "id"
        with connection.cursor() as cursor:
            cursor.execute("SELECT ends FROM partitions_of(%s) WHERE starts IS NULL AND NOT is_other", [table])
            (end,) = cursor.fetchone()
        execute(f"ALTER TABLE {table} DETACH PARTITION {table}_first")
        execute(f"CREATE TABLE {table}_now (LIKE {table}_other INCLUDING ALL)")
        moved = f"DELETE FROM {table}_first WHERE {key} >= '{middle}' RETURNING *"
        execute(f"WITH moved AS ({moved}) INSERT INTO {table}_now SELECT * FROM moved")
        execute(f"ALTER TABLE {table} ATTACH PARTITION {table}_now FOR VALUES FROM ('{middle}') TO ('{end}')")
        execute(f"ALTER TABLE {table} ATTACH PARTITION {table}_first FOR VALUES FROM (MINVALUE) TO ('{middle}')")


def test_division_lets_others_work(older_database):
    traffic = Traffic()
    with traffic.running():
        time.sleep(0.5)
        seconds = timed(lambda: call_command("migrate", "companies", verbosity=0))
        time.sleep(0.5)

    assert partitions_of(TABLES[0]) >= {"first", "other"}
    traffic.assert_nothing_is_lost()
    print(
        f"\npartitions: divided three tables with {OLD:,} rows in {seconds:.1f} s; "
        f"{len(traffic.published):,} events meanwhile, none lost, longest wait {traffic.longest:.2f} s"
    )


def test_months_come_and_go_unnoticed(older_database):
    call_command("migrate", "companies", verbosity=0)
    traffic = Traffic()
    with traffic.running():
        for _ in range(5):
            create_again()
    traffic.assert_nothing_is_lost()
    end_first()
    by_rows = timed(delete_old_events)
    with traffic.running():
        time.sleep(0.5)
        dropped = timed(keep)
        time.sleep(0.5)
    traffic.assert_nothing_is_lost()
    stream = EventStream.objects.get(deleted_sequence__gt=0)

    assert (stream.deleted_sequence, "first" in partitions_of(TABLES[0])) == (OLD, False)
    assert not PartnerEvent.objects.filter(partner=stream.partner_id).exists()
    print(
        f"\npartitions: dropped {OLD:,} events with deliveries and attempts in {dropped:.2f} s, by rows "
        f"{by_rows * OLD / DELETED_AT_ONCE:.0f} s; {len(traffic.published):,} events meanwhile, none lost, "
        f"longest wait {traffic.longest:.2f} s"
    )


def test_number_of_a_dropped_event_is_remembered(older_database):
    """A number that is not committed yet when its month is dropped: readers of the feed must learn of the hole."""
    call_command("migrate", "companies", verbosity=0)
    end_first()
    stream = EventStream.objects.create(**CompanyFactory().world._asdict())
    late = PartnerEvent(id=first_uuid7_at(timezone.now(), shift=timedelta(days=-40)), type="invitation.viewed", data={})
    late.partner_id, late.is_live = stream.partner_id, stream.is_live
    late.save(force_insert=True)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            number_events(stream.partner_id, stream.is_live)
            dropped = threads.submit(in_thread, keep)
            wait_for_a_lock()
        dropped.result()

    stream.refresh_from_db()
    assert not PartnerEvent.objects.filter(pk=late.pk).exists()
    assert (stream.last_sequence, stream.deleted_sequence) == (1, 1)


def in_thread(act: Callable[[], None]) -> None:
    try:
        act()
    finally:
        connection.close()
