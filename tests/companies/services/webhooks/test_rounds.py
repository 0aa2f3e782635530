"""Attempts, retries and failing endpoints, as a lane stores them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM
from companies.models import StoredMail, WebhookAttempt, WebhookEndpoint
from companies.services.webhooks.answers import Answer
from companies.services.webhooks.disabling import send_disabled_mail
from companies.services.webhooks.redelivery import redeliver, redeliver_failed
from companies.services.webhooks.retries import DELAYS, DISABLED_AFTER
from companies.services.webhooks.rounds import LEASE, MAX_DELIVERIES, Attempt, begin_round, end_round, record_attempts
from invitations.services.delivery.limits import CONTACT_MAILS_A_DAY
from tests.companies.services.webhooks.deliveries import make_delivery, make_endpoint
from tests.database import forget_jobs
from tests.factories import CompanyFactory, make_invitation

pytestmark = pytest.mark.django_db
OK, FAILURE, GONE = Answer(200, "thanks"), Answer(503, "later"), Answer(410)


@pytest.fixture
def endpoint():
    return make_endpoint(contact_email="dev@partner.example.com")


@pytest.fixture
def delivery(endpoint):
    return make_delivery(endpoint)


def send(endpoint, *answers):
    """One round in which each delivery gets the next answer. Returns whether the round may go on."""
    current = begin_round(endpoint.pk)
    second = timedelta(seconds=1)
    attempts = [
        Attempt(message, started_at=timezone.now(), duration=second, answer=answer)
        for message, answer in zip(current.messages, answers, strict=True)
    ]
    goes_on = record_attempts(current, attempts)
    end_round(current)
    endpoint.refresh_from_db()
    return goes_on


def make_due(delivery):
    type(delivery).objects.filter(pk=delivery.pk).update(due_at=timezone.now())


def lanes():
    jobs = ProcrastinateJob.objects.filter(task_name="companies.tasks.send_webhooks")
    return list(jobs.values_list("args__endpoint_id", "scheduled_at"))


def test_success_is_recorded(endpoint, delivery):
    forget_jobs()
    assert send(endpoint, OK)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.due_at) == ("DELIVERED", 1, None)
    assert delivery.finished_at
    attempt = WebhookAttempt.objects.get()
    assert (attempt.number, attempt.url, attempt.response_code, attempt.answer) == (1, endpoint.url, 200, "thanks")
    assert endpoint.busy_until is None
    assert lanes() == []


def test_failures_follow_the_schedule(endpoint, delivery):
    forget_jobs()
    for number in range(1, len(DELAYS) + 1):
        assert send(endpoint, FAILURE)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, delivery.round_attempts) == ("PENDING", number, number)
        assert timedelta(0) <= delivery.due_at - timezone.now() - DELAYS[number - 1] + timedelta(seconds=5)
        assert lanes()[-1] == (str(endpoint.pk), delivery.due_at)
        make_due(delivery)
    send(endpoint, Answer(None, error="x" * 600))

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.due_at) == ("FAILED", len(DELAYS) + 1, None)
    assert len(WebhookAttempt.objects.latest("pk").error) == 500


def test_delivery_keeps_its_new_round(endpoint, delivery):
    """It was queued again while a request of its earlier round was on its way."""
    current = begin_round(endpoint.pk)
    queued = redeliver(delivery, by=SYSTEM)
    attempt = Attempt(current.messages[0], started_at=timezone.now(), duration=timedelta(0), answer=FAILURE)
    record_attempts(current, [attempt])
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.round_attempts, delivery.due_at) == (1, 0, queued.due_at)

    delivery.delete()
    record_attempts(current, [attempt])
    assert not WebhookAttempt.objects.exists()


def test_only_one_lane_sends(endpoint, delivery):
    first = begin_round(endpoint.pk)
    assert begin_round(endpoint.pk) is None

    WebhookEndpoint.objects.update(busy_until=timezone.now() - LEASE)  # its worker was killed
    second = begin_round(endpoint.pk)
    assert [message.delivery_id for message in second.messages] == [message.delivery_id for message in first.messages]
    forget_jobs()
    end_round(first)
    assert begin_round(endpoint.pk) is None
    end_round(second)
    assert lanes() == [(str(endpoint.pk), None)]


def test_round_takes_what_is_due(endpoint):
    company = CompanyFactory(partner=endpoint.partner)
    now = timezone.now()
    later = make_delivery(endpoint, company, due_at=now + timedelta(minutes=1))
    due = [make_delivery(endpoint, company, due_at=now - timedelta(seconds=n)) for n in range(MAX_DELIVERIES + 1)]
    make_delivery(make_endpoint(), company)
    current = begin_round(endpoint.pk)

    assert [message.delivery_id for message in current.messages] == [each.pk for each in reversed(due)][:-1]
    assert later.pk not in {message.delivery_id for message in current.messages}
    for change in ({"paused_at": now}, {"deleted_at": now}, {"disabled_at": now, "disabled_because": "GONE"}):
        assert begin_round(make_endpoint(**change).pk) is None


def test_round_sends_no_companies_given_up(endpoint, delivery):
    """A key that is limited to the companies that are left may have changed the URL since."""
    kept = make_delivery(endpoint)
    WebhookEndpoint.objects.update(company_ids=[kept.event.company_id])
    current = begin_round(endpoint.pk)

    assert [message.delivery_id for message in current.messages] == [kept.pk]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.due_at) == ("FAILED", 0, None)
    endpoint.refresh_from_db()
    assert redeliver_failed(endpoint, since=delivery.created_at, by=SYSTEM) == (0, False)


def test_endpoint_is_disabled_after_five_days(endpoint, delivery):
    send(endpoint, FAILURE)
    assert endpoint.failing_since
    WebhookEndpoint.objects.update(failing_since=timezone.now() - DISABLED_AFTER + timedelta(minutes=1))
    make_due(delivery)
    assert send(endpoint, FAILURE)
    assert endpoint.disabled_at is None

    WebhookEndpoint.objects.update(failing_since=timezone.now() - DISABLED_AFTER)
    make_due(delivery)
    assert not send(endpoint, FAILURE)
    assert (endpoint.status, endpoint.disabled_because) == ("DISABLED", "FAILING")
    assert [(event.type, event.detail) for event in endpoint.events.all()] == [("DISABLED", {"because": "FAILING"})]
    delivery.refresh_from_db()
    assert delivery.due_at  # it waits until the endpoint is enabled again


def test_success_ends_the_failure(endpoint, delivery):
    WebhookEndpoint.objects.update(failing_since=timezone.now() - DISABLED_AFTER)
    assert send(endpoint, OK)

    assert (endpoint.failing_since, endpoint.disabled_at) == (None, None)


def test_gone_endpoint_is_disabled_at_once(endpoint, delivery):
    current = begin_round(endpoint.pk)
    attempt = Attempt(current.messages[0], started_at=timezone.now(), duration=timedelta(0), answer=GONE)
    WebhookEndpoint.objects.update(url="https://hooks.example.com/moved")
    assert record_attempts(current, [attempt])  # it answered at its earlier URL
    end_round(current)

    make_due(delivery)
    assert not send(endpoint, GONE)
    assert endpoint.disabled_because == "GONE"
    assert ProcrastinateJob.objects.filter(task_name="companies.tasks.mail_disabled_endpoint").count() == 1


def test_contact_is_mailed(endpoint):
    now = timezone.now()
    WebhookEndpoint.objects.update(
        description="Orders\nBcc: x@example.com", disabled_at=now, disabled_because="FAILING", failing_since=now
    )
    send_disabled_mail(endpoint.pk)

    (message,) = mail.outbox
    assert message.to == ["dev@partner.example.com"]
    assert message.subject == "Latchkey stopped sending events to Orders Bcc: x@example.com"
    assert endpoint.url in message.body
    assert "No event arrived for five days, since" in message.body

    for _ in range(CONTACT_MAILS_A_DAY):
        send_disabled_mail(endpoint.pk)
    assert len(mail.outbox) == CONTACT_MAILS_A_DAY

    WebhookEndpoint.objects.update(is_live=False)
    send_disabled_mail(endpoint.pk)
    WebhookEndpoint.objects.update(disabled_at=None, disabled_because=None)
    send_disabled_mail(endpoint.pk)
    assert (len(mail.outbox), StoredMail.objects.count()) == (CONTACT_MAILS_A_DAY, 1)


def test_links_are_sent_on_request():
    invitation = make_invitation()
    endpoint = make_endpoint(invitation.company)
    delivery = make_delivery(endpoint, invitation.company)
    type(delivery.event).objects.filter(pk=delivery.event_id).update(resource_id=invitation.pk)
    plain = begin_round(endpoint.pk)
    assert invitation.token.encode() not in plain.messages[0].body

    WebhookEndpoint.objects.update(include_links=True, busy_until=None)
    linked = begin_round(endpoint.pk)
    assert f"/p/i/{invitation.token}".encode() in linked.messages[0].body
    assert invitation.token not in repr(linked)


def test_unreadable_secret_spends_no_attempt(endpoint, delivery):
    WebhookEndpoint.objects.update(encrypted_secret=b"damaged")
    current = begin_round(endpoint.pk)
    end_round(current)

    delivery.refresh_from_db()
    assert current.messages == []
    assert delivery.attempts == 0
    assert delivery.due_at > timezone.now()
