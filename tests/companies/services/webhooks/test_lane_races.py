from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from companies.services.webhooks.dispatch import dispatch_events
from companies.services.webhooks.rounds import Round, begin_round, end_round
from tests.companies.services.webhooks.deliveries import make_delivery, make_endpoint, make_events, stream_of
from tests.database import forget_jobs
from tests.factories import CompanyFactory
from tests.races import race, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_jobs_afterwards():
    yield
    forget_jobs()


def test_concurrent_lanes_begin_one_round():
    endpoint = make_endpoint()
    make_delivery(endpoint)

    begun = race(8, lambda _number: begin_round(endpoint.pk))
    assert [type(each) for each in begun if each is not None] == [Round]


def test_woken_lane_waits_for_the_end():
    """A delivery that is created while a round ends is sent by the lane that was woken for it."""
    endpoint = make_endpoint()
    ending = begin_round(endpoint.pk)

    def woken():
        try:
            return begin_round(endpoint.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            end_round(ending)
            late = thread.submit(woken)
            wait_for_a_lock()
        assert late.result().lease > ending.lease


def test_concurrent_dispatches_create_one_delivery():
    company = CompanyFactory()
    endpoint = make_endpoint(company)
    make_events(company, 5)

    assert race(6, lambda _number: dispatch_events(company.partner_id, True)) == [None] * 6
    assert endpoint.deliveries.count() == 5
    assert stream_of(company).dispatched_sequence == 5
