from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM
from invitations.models import MailTurn
from invitations.services.bulk import Wanted, create_invitations
from invitations.services.delivery import turns
from invitations.services.references import References
from tests.database import forget_jobs
from tests.factories import CompanyFactory
from tests.races import race

pytestmark = pytest.mark.django_db


def mail_many(company, number, domain="example.com"):
    wanted = [Wanted({"allowed_emails": [f"p{n}@{domain}"], "send_email": True}) for n in range(number)]
    create_invitations(company, wanted, by=SYSTEM, references=References.of(company, []))


@pytest.fixture
def priorities(monkeypatch):
    monkeypatch.setattr(turns, "MAILS_IN_A_TURN", 5)

    def count():
        found = ProcrastinateJob.objects.filter(queue_name="mail").order_by("pk")
        return dict(sorted(Counter(found.values_list("priority", flat=True)).items(), reverse=True))

    ProcrastinateJob.objects.all().delete()
    return count


def test_partners_take_turns(priorities, company):
    mail_many(company, 12)
    assert priorities() == {-10: 5, -11: 5, -12: 2}
    mail_many(CompanyFactory(partner=company.partner), 1, "other.example")
    assert priorities() == {-10: 5, -11: 5, -12: 3}
    mail_many(CompanyFactory(), 1)
    assert priorities() == {-10: 6, -11: 5, -12: 3}


def test_planned_time_passes(priorities, company):
    mail_many(company, 12)
    turn = MailTurn.objects.get()
    MailTurn.objects.update(until=turn.until - timedelta(days=1))
    ProcrastinateJob.objects.all().delete()
    mail_many(company, 1)
    assert priorities() == {-10: 1}


@pytest.mark.django_db(transaction=True)
def test_turns_wait_for_no_transaction(priorities, company):
    same = CompanyFactory(partner=company.partner)
    with transaction.atomic():
        mail_many(company, 6)
        assert race(1, lambda _: mail_many(same, 6, "other.example")) == [None]
    assert priorities() == {-10: 10, -11: 2}
    forget_jobs()
