from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from invitations.models import Delivery, EventType, Fault, PersonalLink
from invitations.services.delivery import failed
from invitations.services.delivery.failed import Resent, failed_mails, resend_failed
from invitations.services.invitations import revoke_invitation, update_invitation
from tests.factories import CompanyFactory
from tests.invitations.services.delivery.mails import ANNA, BEN, CLEO, delivery, mailed


def fail(invitation, email=ANNA, *, fault=Fault.SENDER, status="FAILED"):
    invitation.deliveries.filter(email=email).update(status=status, fault=fault, attempts=9, last_error="refused")


def remaining(company):
    return set(failed_mails([company.pk]).values_list("email", flat=True))


@pytest.mark.django_db
def test_failed_mails_leave_together(company, jobs):
    first, second, other = mailed(ANNA, BEN, company=company), mailed(CLEO, company=company), mailed(CLEO)
    for invitation, email in ((first, ANNA), (first, BEN), (second, CLEO), (other, CLEO)):
        fail(invitation, email)

    assert resend_failed([company.pk], by=SYSTEM) == Resent(3, 2, has_more=False)

    assert set(Delivery.objects.values_list("email", "status", "round", "attempts", "fault")) == {
        (ANNA, "QUEUED", 2, 0, None),
        (BEN, "QUEUED", 2, 0, None),
        (CLEO, "QUEUED", 2, 0, None),
        (CLEO, "FAILED", 1, 9, "SENDER"),
    }
    assert len(jobs.names) == 4 + 3
    assert PersonalLink.objects.filter(delivery__invitation=first).count() == 4
    (event,) = first.events.filter(type=EventType.RESENT)
    assert (sorted(event.detail["emails"]), event.actor) == ([ANNA, BEN], "SYSTEM")
    assert resend_failed([company.pk], by=SYSTEM) == Resent(0, 0, has_more=False)


@pytest.mark.django_db
def test_only_hopeful_mails_are_resent(company, jobs):
    kept = ((Fault.RECEIVER, "FAILED"), (Fault.LIMIT, "FAILED"), (None, "FAILED"), (Fault.SENDER, "BOUNCED"))
    for fault, status in kept:
        fail(mailed(company=company), fault=fault, status=status)
    assert failed_mails([company.pk]).count() == len(kept)
    Delivery.objects.update(status="SENT", fault=None)

    for fault, status in ((Fault.ADDRESS, "FAILED"), (Fault.ADDRESS, "BOUNCED"), (None, "COMPLAINED"), (None, "SENT")):
        fail(mailed(company=company), fault=fault, status=status)
    revoked, changed = mailed(BEN, company=company), mailed(CLEO, "*@example.org", company=company)
    fail(revoked, BEN)
    fail(changed, CLEO)
    revoke_invitation(revoked, by=SYSTEM)
    update_invitation(changed, by=SYSTEM, allowed_emails=["*@example.org"])
    assert remaining(company) == set()
    update_invitation(changed, by=SYSTEM, allowed_emails=["*@example.com"])
    assert remaining(company) == {CLEO}


@pytest.mark.django_db
def test_number_per_call_is_bounded(company, monkeypatch, jobs):
    monkeypatch.setattr(failed, "MOST_RESENT", 3)
    counts = []
    for number in (1, 4):
        fail(mailed(ANNA, company=company))
        for _ in range(number - 1):
            fail(mailed(ANNA, company=company))
        with CaptureQueriesContext(connection) as queries:
            resent = resend_failed(None, by=SYSTEM)
        counts.append(len(queries))
    assert resent == Resent(3, 3, has_more=True)
    assert counts[0] == counts[1]


def test_concurrent_calls_queue_once(transactional_db, jobs):
    company = CompanyFactory()
    fail(mailed(company=company))

    def resend():
        try:
            return resend_failed([company.pk], by=SYSTEM).mails
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(each.result() for each in [threads.submit(resend) for _ in range(4)]) == [0, 0, 0, 1]
    assert delivery(company.invitations.get()).round == 2
    assert len(jobs.names) == 2
