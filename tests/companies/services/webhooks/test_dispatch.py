from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM
from companies.models import Company, PartnerEvent, PartnerEventType, WebhookDelivery, WebhookEndpoint
from companies.services.webhooks import dispatch
from companies.services.webhooks.dispatch import dispatch_events, wake_forgotten, wants
from companies.services.webhooks.endpoints import create_endpoint
from companies.services.webhooks.redelivery import redeliver, redeliver_failed
from companies.services.webhooks.statements import wake_dispatch, wake_lanes
from tests.companies.services.webhooks.deliveries import make_delivery, make_endpoint, make_events, stream_of
from tests.database import forget_jobs
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db


def run(company):
    dispatch_events(company.partner_id, company.is_live)


def jobs(name="send_webhooks"):
    found = ProcrastinateJob.objects.filter(task_name=f"companies.tasks.{name}", status="todo").order_by("pk")
    return list(found.values_list("args", "scheduled_at", "priority"))


def test_endpoint_gets_what_it_wants():
    endpoint = WebhookEndpoint()
    company, other = Company(), Company()
    event = PartnerEvent(type=PartnerEventType.INVITATION_VIEWED, company=company, sequence=1)
    test = PartnerEvent(type=PartnerEventType.WEBHOOK_TEST, resource_id=endpoint.pk)

    def wanted(event, **fields):
        for name, value in fields.items():
            setattr(endpoint, name, value)
        return wants(endpoint, event)

    assert wanted(event)
    assert not wanted(event, event_types=["connection.created"])
    assert wanted(event, event_types=["connection.created", "invitation.viewed"])
    assert not wanted(event, company_ids=[other.pk])
    assert wanted(test)
    assert wanted(event, company_ids=[other.pk, company.pk])
    test.resource_id = event.pk
    assert not wanted(test)
    assert not wanted(event, starts_after=1)


def test_waiting_jobs_of_a_partner_are_dropped(company):
    make_endpoint(company)
    other = make_endpoint().partner
    for _ in range(3):
        wake_dispatch([(company.partner_id, company.is_live), (other.pk, True)])
    make_events(company, 2)

    run(company)

    assert [args["partner_id"] for args, *_ in jobs("dispatch_events")] == [str(other.pk)] * 3
    assert WebhookDelivery.objects.count() == 2


def test_each_event_is_dispatched_once(company, monkeypatch):
    monkeypatch.setattr(dispatch, "BATCH", 2)
    endpoints = [make_endpoint(company), make_endpoint(company, paused_at=timezone.now())]
    disabled = make_endpoint(company, disabled_at=timezone.now(), disabled_because="GONE")
    strangers = [make_endpoint(), make_endpoint(CompanyFactory(partner=company.partner, is_live=False))]
    make_endpoint(company, deleted_at=timezone.now())
    events = make_events(company, 5)
    forget_jobs()
    run(company)
    run(company)

    sent = set(WebhookDelivery.objects.values_list("endpoint_id", "event_id"))
    assert sent == {(endpoint.pk, event.pk) for endpoint in endpoints for event in events}
    assert {each.pk for each in [*strangers, disabled]}.isdisjoint({endpoint for endpoint, _ in sent})
    assert [args for args, _, _ in jobs()] == [{"endpoint_id": str(endpoints[0].pk)}]
    assert stream_of(company).dispatched_sequence == 5


def test_new_endpoint_gets_no_old_events(company):
    """An event that began before the endpoint is committed after it: no list shows its change at the creation."""
    make_events(company, 3)
    endpoint, _ = create_endpoint(company.world, url="https://hooks.example.com/", by=SYSTEM)
    (event,) = make_events(company, created_at=endpoint.created_at - timedelta(seconds=1))
    run(company)

    assert [delivery.event_id for delivery in endpoint.deliveries.all()] == [event.pk]


def test_lost_work_is_found():
    now = timezone.now()
    behind, late, busy = (make_endpoint() for _ in range(3))
    make_events(CompanyFactory(partner=behind.partner))
    for endpoint in (late, busy, make_endpoint(paused_at=now)):
        make_delivery(endpoint, CompanyFactory())
    make_delivery(make_endpoint(), CompanyFactory(), due_at=now + timedelta(hours=1))
    WebhookEndpoint.objects.filter(pk=busy.pk).update(busy_until=now + timedelta(seconds=10))
    forget_jobs()
    wake_forgotten()

    assert [args for args, _, _ in jobs()] == [{"endpoint_id": str(late.pk)}]
    assert [args["partner_id"] for args, _, _ in jobs("dispatch_events")] == [str(behind.partner_id)]


def test_lane_is_woken_once():
    endpoint, failing = make_endpoint(), make_endpoint(failing_since=timezone.now())
    due_at = timezone.now() + timedelta(minutes=5)
    forget_jobs()
    for _ in range(2):
        wake_lanes([endpoint.pk])
        wake_lanes([endpoint.pk, failing.pk], due_at=due_at)

    assert sorted((args["endpoint_id"], due, priority) for args, due, priority in jobs() if due) == sorted(
        [(str(endpoint.pk), due_at, 0), (str(failing.pk), due_at, -10)]
    )
    assert len(jobs()) == 3


def test_redelivery_begins_a_new_round(django_capture_on_commit_callbacks):
    endpoint, now = make_endpoint(), timezone.now()
    old = now - timedelta(hours=2)
    ended = {"due_at": None, "finished_at": now, "attempts": 11, "round_attempts": 11}
    company = CompanyFactory(partner=endpoint.partner)
    delivered = make_delivery(endpoint, company, status="DELIVERED", **ended)
    failed = make_delivery(endpoint, company, status="FAILED", **ended)
    early = make_delivery(endpoint, company, status="FAILED", created_at=old, **ended)
    make_delivery(make_endpoint(), CompanyFactory(), status="FAILED", **ended)
    forget_jobs()
    with django_capture_on_commit_callbacks(execute=True):
        assert redeliver_failed(endpoint, since=now - timedelta(hours=1), by=SYSTEM) == (1, False)
        assert redeliver(delivered, by=SYSTEM).due_at

    for delivery in (delivered, failed):
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, delivery.round_attempts) == ("PENDING", 11, 0)
        assert delivery.finished_at is None
    early.refresh_from_db()
    assert early.status == "FAILED"
    assert len(jobs()) == 1
