"""Metrics of the apps: invitations by step, mails by fate, refusals by limit, refused logins, webhooks by result."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from companies.actors import SYSTEM
from companies.exceptions import WrongCode
from companies.services.second_factor import verify_second_factor
from companies.services.webhooks.answers import Answer
from companies.services.webhooks.rounds import Attempt, begin_round, record_attempts
from invitations.exceptions import RateLimitExceeded
from invitations.models import Delivery, DeliveryStatus, Fault
from invitations.services.bulk import Wanted, create_invitations
from invitations.services.delivery import smtp
from invitations.services.delivery.outages import record_outage
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.delivery.send import attempt_delivery
from invitations.services.invitations import record_fetch, record_view, revoke_invitation
from invitations.services.rate_limits import check_rate_limit
from invitations.services.references import References
from tests.companies.authenticators import set_up, wrong_code
from tests.companies.login_attempts import guess
from tests.counting import counted
from tests.factories import UserFactory, make_delivery, make_endpoint, make_invitation
from tests.invitations.answers import saved

__all__ = ["counted"]

pytestmark = pytest.mark.django_db
ANNA = "anna@example.com"


def test_steps_of_invitations_are_counted(counted, client, company, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        invitation = make_invitation(company, max_uses=2)
        create_invitations(company, [Wanted({}), Wanted({})], by=SYSTEM, references=References(frozenset(), {}))
        record_view(invitation)
        record_fetch(invitation)
        saved(client, invitation)
        saved(client, invitation, username="another")
        revoke_invitation(make_invitation(company), by=SYSTEM)

    steps = {"CREATED": 4, "VIEWED": 1, "FETCHED": 1, "USED": 2, "FULFILLED": 1, "REVOKED": 1}
    assert counted["invitation_events_total"] == steps


def test_mails_are_counted_by_fate(counted, company, monkeypatch):
    def attempt(status=None):
        """Send a mail, or report that it bounced."""
        delivery = Delivery.objects.get(invitation=make_invitation(company, allowed_emails=[ANNA], send_email=True))
        attempt_delivery(delivery.pk, round_number=delivery.round)
        if status:
            record_delivery_report(delivery.reference, status, fault=Fault.ADDRESS)

    attempt()
    attempt(DeliveryStatus.BOUNCED)
    record_outage("The mail server could not be reached.")
    attempt()
    smtp.end_outage()
    for error in (ConnectionRefusedError(), smtp.smtplib.SMTPRecipientsRefused({ANNA: (550, b"5.1.1 no")})):

        def refuse(*args, error=error, **kwargs):
            raise error

        monkeypatch.setattr(smtp, "send_or_store", refuse)
        smtp.end_outage()
        attempt()

    assert counted["mails_total"] == {
        ("invitation", "left"): 2,
        ("invitation", "bounced"): 1,
        ("invitation", "held_back"): 1,
        ("invitation", "delayed"): 1,
        ("invitation", "failed"): 1,
    }


def test_refusals_are_counted_by_limit(counted):
    for _ in range(3):
        with suppress(RateLimitExceeded):
            check_rate_limit(f"forward:{ANNA}", limit=1, per=timedelta(hours=1))

    assert counted["limit_refusals_total"] == {"forward": 2}


def test_refused_logins_are_counted_by_reason(counted):
    user = UserFactory()
    guess(user.email, 7)
    with pytest.raises(WrongCode):
        verify_second_factor(user, code=wrong_code(set_up(user)[0]))

    assert counted["login_refusals_total"] == {"wrong_password": 5, "locked": 2, "wrong_code": 1}
    assert counted["limit_refusals_total"]["login"] == 3


def test_webhook_attempts_are_counted_by_result(counted, django_capture_on_commit_callbacks):
    endpoint = make_endpoint()
    answers = [Answer(200), Answer(404), Answer(503), Answer(None, error="no")]
    for _ in answers:
        make_delivery(endpoint, due_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        current = begin_round(endpoint.pk)
        attempts = [
            Attempt(message, timezone.now(), timedelta(), answer)
            for message, answer in zip(current.messages, answers, strict=True)
        ]
        record_attempts(current, attempts)

    results = {"delivered": 1, "status_4xx": 1, "status_5xx": 1, "no_answer": 1}
    assert counted["webhook_attempts_total"] == results
