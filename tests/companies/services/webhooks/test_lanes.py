"""Events on their way through the worker to a real server."""

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from standardwebhooks.webhooks import Webhook

from companies.models import PartnerEventType, WebhookAttempt, WebhookDelivery
from companies.services.webhooks.statements import wake_dispatch
from companies.tasks import send_webhooks
from tests.companies.services.webhooks.deliveries import SECRET, make_endpoint, make_events
from tests.factories import CompanyFactory


@pytest.fixture
def company(worker, settings, receiver):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    receiver.requests.clear()
    return CompanyFactory()


def publish(company, number=1, **fields):
    events = make_events(company, number, **fields)
    wake_dispatch([company.world])
    return events


def drain(worker):
    """Run jobs until none is due: one that begins after the last one was fetched does not count for the worker."""
    while ProcrastinateJob.objects.filter(status="todo", scheduled_at=None).exists():
        worker()


def outcomes(endpoint):
    return sorted(endpoint.deliveries.values_list("status", "attempts"))


def test_events_arrive_signed_and_once(worker, company, receiver):
    endpoint, failing = (make_endpoint(company, url=receiver.url(path)) for path in ("/ok", "/500"))
    events = publish(company, 25, previous={"message": None}, context={"invitation": {"id": "1"}})
    receiver.most_busy = 0
    drain(worker)
    publish(company, type=PartnerEventType.WEBHOOK_TEST, resource_id=endpoint.pk)
    drain(worker)

    arrived = [(headers, body) for path, headers, body in receiver.requests if path == "/ok"]
    messages = [Webhook(SECRET).verify(body, headers) for headers, body in arrived]
    assert [message["id"] for message in messages] == [headers["webhook-id"] for headers, _ in arrived]
    assert sorted(message["sequence"] for message in messages) == list(range(1, 27))
    assert {message["id"] for message in messages} > {str(event.pk) for event in events}
    first = next(message for message in messages if message["sequence"] == 1)
    assert first == {
        "id": str(events[0].pk),
        "type": "invitation.viewed",
        "timestamp": first["timestamp"],
        "sequence": 1,
        "data": {"message": "Grüße"},
        "previous": {"message": None},
        "invitation": {"id": "1"},
    }
    assert outcomes(endpoint) == [("DELIVERED", 1)] * 26
    assert outcomes(failing) == [("PENDING", 1)] * 25
    assert receiver.most_busy <= 8  # four of each endpoint
    assert set(WebhookAttempt.objects.values_list("response_code", "answer")) == {(200, "ok"), (500, "broken")}


def test_failed_delivery_is_sent_again(worker, company, receiver):
    endpoint = make_endpoint(company, url=receiver.url("/500"))
    publish(company)
    drain(worker)
    type(endpoint).objects.update(url=receiver.url("/ok"))
    WebhookDelivery.objects.update(due_at=endpoint.created_at)
    worker.later()
    drain(worker)

    assert outcomes(endpoint) == [("DELIVERED", 2)]
    first, second = (headers for _, headers, _ in receiver.requests)
    assert first["webhook-id"] == second["webhook-id"]


def test_gone_endpoint_gets_no_more(worker, company, receiver):
    endpoint = make_endpoint(company, url=receiver.url("/410"))
    publish(company, 30)
    drain(worker)

    endpoint.refresh_from_db()
    assert endpoint.disabled_because == "GONE"
    assert len(receiver.requests) <= 7  # four at once, and those that began before the first one was stored
    assert endpoint.deliveries.filter(status="PENDING").count() == 30


def test_jobs_that_wait_take_no_thread():
    """Threads are for mails and other jobs: jobs that wait for partners must not occupy them."""
    tasks = [task for task in app.tasks.values() if task.queue == "webhooks"]

    assert send_webhooks.name in {task.name for task in tasks}
    import inspect

    assert [task.name for task in tasks if not inspect.iscoroutinefunction(task.func)] == []
