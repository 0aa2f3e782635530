from datetime import timedelta

import pytest
from django.utils import timezone

from companies.models import Partner
from invitations.models import Delivery, EventType, RateLimitWindow
from invitations.services.delivery.limits import count_contact_mail, partner_limit
from invitations.services.delivery.send import attempt_delivery
from invitations.services.rate_limits import hash_mailbox
from tests.factories import CompanyFactory
from tests.invitations.services.delivery.mails import ANNA, delivery, mailed

pytestmark = pytest.mark.django_db


def send(*emails, **fields):
    """Mail an invitation to each address, and return the delays of those that wait."""
    made = [delivery(mailed(email, **fields), email) for email in emails]
    delays = [attempt_delivery(each.pk, round_number=1) for each in made]
    return [delay for delay in delays if delay]


def time_passes(span):
    for window in RateLimitWindow.objects.all():
        window.attempts = [attempt - span for attempt in window.attempts]
        window.save()


def test_mailbox_gets_ten_mails_a_day(company, mailoutbox):
    delays = send(*[ANNA] * 6, *[f"anna+{number}@example.com" for number in range(6)], company=company)
    assert len(mailoutbox) == 10
    assert len(delays) == 2
    assert all(timedelta(hours=23) < delay <= timedelta(hours=24) for delay in delays)
    waiting = Delivery.objects.filter(status="QUEUED")
    assert set(waiting.values_list("fault", "attempts")) == {("LIMIT", 0)}
    assert "this address got 10 invitation mails within a day" in waiting.first().last_error
    # another mailbox and another partner have limits of their own
    assert send("ben@example.com", company=company) == send(ANNA, company=CompanyFactory()) == []

    time_passes(timedelta(days=1))
    for held in waiting:
        assert attempt_delivery(held.pk, round_number=1) is None
    assert not waiting.all().exists()
    assert len(mailoutbox) == 14


def test_partners_share_a_mailbox(company):
    now, key = timezone.now(), f"mails:{hash_mailbox(ANNA)}:day"
    window = RateLimitWindow.objects.create(key=key, started_at=now, count=29, attempts=[now] * 29)

    assert len(send(ANNA, ANNA, company=company)) == 1
    window.refresh_from_db()
    assert len(window.attempts) == 30


def test_partner_sends_its_mails_of_an_hour(company, mailoutbox):
    company.partner.mails_per_hour = 3
    company.partner.save()
    addresses = [f"person{number}@example.com" for number in range(5)]

    assert len(send(*addresses, company=company)) == 2
    assert "this partner sent all mails of this hour" in Delivery.objects.filter(fault="LIMIT").first().last_error
    time_passes(timedelta(hours=1))
    assert send("anna@example.org", company=company) == []
    assert send(ANNA, company=CompanyFactory()) == []


def test_shares_stay_below_the_limit():
    limits = {number: partner_limit(Partner(mails_per_hour=number)) for number in (1, 99, 101, 250, None, 1_000_000)}
    assert {number: (limit.shares, limit.number) for number, limit in limits.items()} == {
        1: (1, 1),
        99: (1, 99),
        101: (2, 50),
        250: (3, 83),
        None: (50, 100),
        1_000_000: (10_000, 100),
    }


def test_retried_mail_counts_once(company, no_mail_server):
    held = delivery(mailed(company=company))
    for _ in range(12):
        attempt_delivery(held.pk, round_number=1)
    held.refresh_from_db()
    assert (held.attempts, held.fault) == (12, "SENDER")


def test_mail_waits_two_days_at_most(company):
    send(*[ANNA] * 11, company=company)
    Delivery.objects.filter(fault="LIMIT").update(failing_since=timezone.now() - timedelta(days=2))
    held = Delivery.objects.get(fault="LIMIT")
    assert attempt_delivery(held.pk, round_number=1) is None
    held.refresh_from_db()
    assert (held.status, held.fault) == ("FAILED", "LIMIT")


def test_contact_gets_ten_mails_per_topic():
    partner_id = CompanyFactory().partner_id
    longest = max(EventType.values, key=len)
    counted = [count_contact_mail(partner_id, ANNA, topic=longest) for _ in range(11)]
    assert counted == [True] * 10 + [False]
    assert count_contact_mail(partner_id, ANNA, topic=EventType.WITHDRAWN)
