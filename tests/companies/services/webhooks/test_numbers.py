from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from companies.models import EventStream, PartnerEvent
from companies.services.webhooks.numbers import number_events
from invitations.models import Invitation
from tests.factories import CompanyFactory, make_invitation
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(partner):
    """Resource of each numbered event of the partner, in the order of the numbers."""
    rows = PartnerEvent.objects.filter(partner=partner, sequence__isnull=False).order_by("sequence")
    return list(rows.values_list("sequence", "resource_id"))


def test_numbers_follow_the_ids_of_one_partner():
    company, other = CompanyFactory(), make_invitation()
    made = [make_invitation(company).pk for _ in range(3)]
    number_events(company.partner_id, True)
    made.append(make_invitation(company).pk)
    number_events(company.partner_id, True)
    number_events(company.partner_id, False)
    assert numbers(company.partner_id) == list(enumerate(made, start=1))
    assert numbers(other.company.partner_id) == []
    assert EventStream.objects.get().last_sequence == 4


def test_concurrent_numbering_leaves_no_gap():
    company = CompanyFactory()

    def act(_number):
        for _ in range(5):
            make_invitation(company)
            number_events(company.partner_id, True)

    assert race(8, act) == [None] * 8
    assert [number for number, _ in numbers(company.partner_id)] == list(range(1, 41))


def test_late_commit_gets_a_later_number():
    company = CompanyFactory()
    published, may_commit = Event(), Event()

    def publish_slowly():
        try:
            with transaction.atomic():
                slow = make_invitation(company)
                published.set()
                assert may_commit.wait(30)
            return slow.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(publish_slowly)
        assert published.wait(30)
        fast = make_invitation(company)
        number_events(company.partner_id, True)
        assert numbers(company.partner_id) == [(1, fast.pk)]
        may_commit.set()
        late = slow.result()
    number_events(company.partner_id, True)
    assert numbers(company.partner_id) == [(1, fast.pk), (2, late)]
    assert list(Invitation.objects.order_by("pk").values_list("pk", flat=True)) == [late, fast.pk]
