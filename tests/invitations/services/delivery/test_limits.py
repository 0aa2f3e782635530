from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import Delivery, RateLimitWindow
from invitations.services.delivery.send import attempt_delivery
from tests.factories import CompanyFactory
from tests.invitations.services.delivery.mails import ANNA, delivery, mailed

pytestmark = pytest.mark.django_db


def send(*emails, **fields):
    """Mail an invitation to each address, and return the delays of those that wait."""
    made = [delivery(mailed(email, **fields), email) for email in emails]
    delays = [attempt_delivery(each.pk, round_number=1) for each in made]
    return [delay for delay in delays if delay]


def an_hour_passes():
    for window in RateLimitWindow.objects.all():
        window.attempts = [attempt - timedelta(hours=1) for attempt in window.attempts]
        window.save()


def test_mailbox_gets_ten_mails_an_hour(company, mailoutbox):
    delays = send(*[ANNA] * 6, *[f"anna+{number}@example.com" for number in range(6)], company=company)
    assert len(mailoutbox) == 10
    assert len(delays) == 2
    assert all(timedelta(minutes=59) < delay <= timedelta(hours=1) for delay in delays)
    waiting = Delivery.objects.filter(status="QUEUED")
    assert set(waiting.values_list("fault", "attempts")) == {("LIMIT", 0)}
    assert "this address got 10 invitation mails within an hour" in waiting.first().last_error
    # another mailbox and another partner have limits of their own
    assert send("ben@example.com", company=company) == send(ANNA, company=CompanyFactory()) == []

    an_hour_passes()
    for held in waiting:
        assert attempt_delivery(held.pk, round_number=1) is None
    assert not waiting.all().exists()
    assert len(mailoutbox) == 14


def test_mailbox_gets_twenty_mails_a_day(company, mailoutbox):
    for _ in range(2):
        assert send(*[ANNA] * 10, company=company) == []
        an_hour_passes()
    (delay,) = send(ANNA, company=company)
    assert timedelta(hours=21) < delay <= timedelta(hours=22)
    assert len(mailoutbox) == 20


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
