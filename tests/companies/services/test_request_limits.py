"""Requests of a key in a minute. Each `RequestLimiter` stands for a process."""

from datetime import timedelta
from itertools import takewhile
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.models import ApiKey, Partner, RequestQuota
from companies.services.request_limits import READS, WRITES, RequestLimiter
from tests.factories import PartnerFactory, make_api_key
from tests.races import race


def key_with(**limits: int) -> ApiKey:
    return make_api_key(PartnerFactory(**limits))[0]


def spend_all(limiter: RequestLimiter, key: ApiKey) -> list[int]:
    """Spend the whole limit. Returns the rest after each allowed request."""
    counts = iter(lambda: limiter.count(key, READS), None)
    return [count.remaining for count in takewhile(lambda count: count.is_allowed, counts)]


def end_minute(limiter: RequestLimiter) -> None:
    RequestQuota.objects.update(ends_at=timezone.now())
    for lease in limiter._leases.values():
        lease.ends = 0


def test_key_gets_exactly_its_limit(db):
    for limit in (1, 7, 300):
        assert spend_all(RequestLimiter(), key_with(reads_per_minute=limit)) == [*range(limit - 1, -1, -1)]


def test_most_requests_ask_no_database(db):
    limiter, key = RequestLimiter(), key_with()
    with CaptureQueriesContext(connection) as queries:
        spend_all(limiter, key)
    assert len(queries) < 6000 / 40

    with CaptureQueriesContext(connection) as queries:
        refused = limiter.count(key, READS)
    assert (len(queries), refused.is_allowed, refused.remaining, 58 <= refused.seconds <= 60) == (0, False, 0, True)


def test_kinds_and_keys_are_counted_apart(db):
    limiter, key = RequestLimiter(), key_with(reads_per_minute=1, writes_per_minute=2)
    colleague = make_api_key(key.partner)[0]
    spend_all(limiter, key)

    assert limiter.count(key, WRITES)[:4] == ("writes", 2, True, 1)
    assert limiter.count(colleague, READS)[:4] == ("reads", 1, True, 0)


def test_next_minute_has_the_whole_limit(db):
    limiter, key = RequestLimiter(), key_with(reads_per_minute=30)
    spend_all(limiter, key)
    end_minute(limiter)

    assert len(spend_all(limiter, key)) == 30


def test_clock_set_back_frees_the_key(db):
    limiter, key = RequestLimiter(), key_with(reads_per_minute=30)
    spend_all(limiter, key)
    end_minute(limiter)
    RequestQuota.objects.update(ends_at=timezone.now() + timedelta(hours=3))

    assert len(spend_all(limiter, key)) == 30


def test_changed_limit_holds_at_once(db):
    limiter, key = RequestLimiter(), key_with(reads_per_minute=30)
    spend_all(limiter, key)

    def left(limit: int) -> int:
        Partner.objects.update(reads_per_minute=limit)
        return len(spend_all(limiter, ApiKey.objects.select_related("partner").get()))

    assert [left(limit) for limit in (50, 40, 51)] == [20, 0, 1]


def test_idle_processes_hold_little_back(db):
    key = key_with(reads_per_minute=600)
    idle = [RequestLimiter() for _ in range(8)]
    for limiter in idle:
        limiter.count(key, READS)

    assert len(spend_all(RequestLimiter(), key)) > 0.9 * 600


def spend_together(limiters: list[RequestLimiter], key: ApiKey) -> int:
    """Number of allowed requests of a thread for each limiter, which begin when all are connected."""
    start = Barrier(len(limiters))

    def spend(index: int) -> int:
        connection.ensure_connection()
        start.wait()
        return len(spend_all(limiters[index], key))

    return sum(race(len(limiters), spend))


@pytest.mark.django_db(transaction=True)
def test_processes_share_the_limit():
    assert spend_together([RequestLimiter() for _ in range(8)], key_with(reads_per_minute=400)) == 400
