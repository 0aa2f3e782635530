import json
import logging
from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from companies.models import Disabled, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from companies.services.webhooks.signing import current_secrets
from tests.companies.admin.pages import may, words
from tests.factories import CompanyFactory, UserFactory, make_delivery, make_endpoint

URL = "https://hooks.example.com/latchkey"
HOSTILE = "<script>alert('x')</script>"


def page(name, *args):
    return reverse(f"admin:companies_webhook{name}", args=args)


def create(client, company, **fields):
    given = {"partner": company.partner_id, "mode": "True", "url": URL, "companies": [company.pk]}
    return client.post(page("endpoint_add"), given | fields)


def shown(client, name, **query):
    return list(client.get(page(f"{name}_changelist"), query).context["cl"].result_list)


def test_secret_of_new_endpoint_is_shown_once(admin_client, company, staff, caplog):
    caplog.set_level(logging.DEBUG)

    response = create(admin_client, company, event_types=["invitation.used"], contact_email="it@example.com")

    endpoint, secret = WebhookEndpoint.objects.get(), response.context["value"]
    assert words(response).count(secret) == 1
    assert "no-store" in response["Cache-Control"]
    assert current_secrets(endpoint, now=timezone.now()) == [secret]
    assert (endpoint.world, endpoint.company_ids, endpoint.event_types) == (
        company.world,
        [company.pk],
        ["invitation.used"],
    )
    assert endpoint.events.get().user == staff
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    assert secret not in f"{response.cookies} {caplog.text} {list(LogEntry.objects.values())}"
    assert "whsec_" not in words(admin_client.get(page("endpoint_change", endpoint.pk)))
    rotated = admin_client.post(page("endpoint_rotate", endpoint.pk))
    endpoint.refresh_from_db()
    assert current_secrets(endpoint, now=timezone.now()) == [rotated.context["value"], secret]


def test_wrong_endpoint_fields_are_told(admin_client, company):
    others = [CompanyFactory(), CompanyFactory(partner=company.partner, is_live=False)]
    wrong = {
        "url": {"url": "https://localhost/"},
        "companies": {"companies": [each.pk for each in others]},
        "contact_email": {"contact_email": "x"},
        "partner": {"partner": ""},
    }
    for field, fields in wrong.items():
        response = create(admin_client, company, **fields)
        assert list(response.context["adminform"].form.errors) == [field]
        assert company.name in words(response) or field == "companies"
    assert not WebhookEndpoint.objects.exists()


def test_endpoint_is_changed_and_logged(admin_client, company, staff):
    endpoint = make_endpoint(company, event_types=["invitation.used"], company_ids=[company.pk])
    address = page("endpoint_change", endpoint.pk)
    same = {"url": endpoint.url, "event_types": ["invitation.used"], "companies": [company.pk]}

    for _ in range(2):
        assert admin_client.post(address, same | {"description": "ERP", "secret": "whsec_x"}).status_code == 302

    endpoint.refresh_from_db()
    assert (endpoint.description, endpoint.event_types, endpoint.company_ids) == (
        "ERP",
        ["invitation.used"],
        [company.pk],
    )
    (event,) = endpoint.events.all()
    assert (event.user, event.detail) == (staff, {"fields": ["description"]})
    assert "Changed" in words(admin_client.get(address))


def test_endpoint_actions_are_confirmed(admin_client):
    endpoint = make_endpoint()
    failed = make_delivery(endpoint, status="FAILED", due_at=None)
    now = timezone.now()
    since = {"since_0": now.date(), "since_1": "00:00:00"}
    asked = {name: admin_client.get(page(f"endpoint_{name}", endpoint.pk)) for name in ("pause", "redeliver", "delete")}
    assert {name: answer.status_code for name, answer in asked.items()} == dict.fromkeys(asked, 200)
    assert not WebhookEvent.objects.exists()

    late = admin_client.post(page("endpoint_redeliver", endpoint.pk), since | {"since_0": now.date() + timedelta(2)})
    assert list(late.context["form"].errors) == ["since"]
    admin_client.post(page("endpoint_redeliver", endpoint.pk), since)
    tested = admin_client.post(page("endpoint_test", endpoint.pk))
    for name in ("pause", "resume", "delete"):
        admin_client.post(page(f"endpoint_{name}", endpoint.pk))

    failed.refresh_from_db()
    assert failed.status == "PENDING"
    assert tested["Location"] == page("delivery_change", WebhookDelivery.objects.latest("pk").pk)
    types = list(WebhookEvent.objects.order_by("pk").values_list("type", flat=True))
    assert types == ["REDELIVERED", "TESTED", "PAUSED", "RESUMED", "DELETED"]
    assert LogEntry.objects.filter(change_message__contains="1 event is sent again.").exists()
    assert shown(admin_client, "endpoint") == []
    assert admin_client.get(page("endpoint_change", endpoint.pk)).status_code == 302


def test_endpoints_are_filtered_by_status(admin_client):
    now = timezone.now()
    active, failing = make_endpoint(), make_endpoint(failing_since=now)
    paused, disabled = make_endpoint(paused_at=now), make_endpoint(disabled_at=now, disabled_because=Disabled.GONE)

    found = {name: shown(admin_client, "endpoint", status=name) for name in ("active", "paused", "disabled", "trouble")}

    assert found == {
        "active": [failing, active],
        "paused": [paused],
        "disabled": [disabled],
        "trouble": [disabled, failing],
    }


def test_deliveries_are_found(admin_client):
    delivery, other = make_delivery(status="FAILED"), make_delivery()

    for query in ({"q": delivery.event_id}, {"q": delivery.pk}, {"status": "FAILED"}):
        assert shown(admin_client, "delivery", **query) == [delivery]
    assert shown(admin_client, "delivery", endpoint=other.endpoint_id) == [other]
    assert shown(admin_client, "delivery", q="nothing") == []
    assert shown(admin_client, "delivery") == [other, delivery]


def test_header_search_opens_the_delivery(admin_client):
    delivery = make_delivery()

    found = admin_client.get(reverse("admin:invitations_invitation_search"), {"q": delivery.event_id})

    assert found["Location"] == page("delivery_change", delivery.pk)


def test_delivery_page_shows_message_and_attempts(admin_client, staff):
    delivery = make_delivery(type="invitation.used", data={"message": HOSTILE, "name": "Grüße"}, status="FAILED")
    started = timezone.now()
    for number, outcome in enumerate(({"response_code": 500, "answer": HOSTILE}, {"error": "The host was not found."})):
        WebhookAttempt.objects.create(
            delivery=delivery, number=number + 1, url=URL, started_at=started, duration=timedelta(seconds=1), **outcome
        )

    shown = admin_client.get(page("delivery_change", delivery.pk))

    text = words(shown)
    assert HOSTILE not in text
    assert text.count("&lt;script&gt;") == 2
    assert json.loads(shown.context["message"])["data"] == delivery.event.data
    assert text.index("Attempt 2: no response") < text.index("Attempt 1: 500")
    admin_client.post(page("delivery_redeliver", delivery.pk))
    delivery.refresh_from_db()
    assert (delivery.status, delivery.endpoint.events.get().user) == ("PENDING", staff)


def test_webhooks_need_unlimited_staff_with_permission(client, db):
    delivery = make_delivery()
    pages = [page("endpoint_changelist"), page("delivery_changelist"), page("delivery_change", delivery.pk)]
    posts = [page("endpoint_pause", delivery.endpoint_id), page("delivery_redeliver", delivery.pk)]
    limited = may(UserFactory(is_superuser=False, is_limited=True), "view_webhookendpoint", "change_webhookendpoint")
    viewer = may(UserFactory(is_superuser=False), "view_webhookendpoint")

    for user, seen in ((limited, 403), (viewer, 200)):
        client.force_login(user)
        assert [client.get(each).status_code for each in pages] == [seen] * len(pages)
        assert [client.post(each).status_code for each in posts] == [403] * len(posts)
    assert not WebhookEvent.objects.exists()
