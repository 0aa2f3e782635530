from datetime import timedelta

import pytest
from django.utils import timezone

from companies.models import Scope, StoredAnswer, WebhookAttempt, WebhookEndpoint, WebhookEvent
from companies.services.webhooks.messages import find_links, message_body
from companies.services.webhooks.signing import current_secrets
from tests.companies.api.keyed import post
from tests.companies.refusals import wrong_fields
from tests.conftest import Api
from tests.factories import CompanyFactory, make_api_key, make_delivery, make_endpoint, make_invitation

URL = "https://hooks.example.com/latchkey"
ANSWER = "<script>alert(1)</script>"


@pytest.fixture
def api(company):
    return Api(make_api_key(company.partner, scopes=[Scope.WEBHOOKS_WRITE])[1])


def test_secret_is_in_two_responses_only(api):
    made = post(api, "webhook", {"url": URL}, key="k")
    again = post(api, "webhook", {"url": URL}, key="k")
    endpoint = WebhookEndpoint.objects.get()
    path = f"webhook/{endpoint.pk}"
    rotated = api.post(f"{path}/rotate")

    secrets = [made.json()["secret"], rotated.json()["secret"]]
    assert again.json() == made.json()
    assert again["Idempotent-Replayed"] == "true"
    assert secrets[0].encode() not in bytes(StoredAnswer.objects.get().encrypted_body)
    endpoint.refresh_from_db()
    assert current_secrets(endpoint, now=timezone.now()) == secrets[::-1]
    others = [api.get("webhook"), api.get(path), api.patch(path, {"description": "x"}), api.post(f"{path}/pause")]
    others += [api.post(f"{path}/resume"), api.post(f"{path}/test"), api.delete(path)]
    shown = b" ".join(response.content for response in others)
    assert b"whsec_" not in shown
    assert api.get(path).status_code == 404
    assert list(WebhookEvent.objects.order_by("pk").values_list("type", flat=True)) == [
        "CREATED",
        "ROTATED",
        "UPDATED",
        "PAUSED",
        "RESUMED",
        "TESTED",
        "DELETED",
    ]


def test_webhook_shows_its_fields(api, company):
    body = {
        "url": URL,
        "description": "ERP",
        "eventTypes": ["invitation.used"],
        "companyIds": [str(company.pk)],
        "includeLinks": True,
        "contactEmail": "IT@example.com",
    }

    made = api.post("webhook", body).json()

    assert made | body | {"contactEmail": "it@example.com"} == made
    assert (made["status"], made["disabledBecause"], made["failingSince"]) == ("ACTIVE", None, None)
    assert api.get("webhook").json()["webhooks"] == [{name: made[name] for name in made if name != "secret"}]
    assert api.get(f"webhook/{made['id']}")["ETag"]
    changed = api.patch(f"webhook/{made['id']}", {"contactEmail": None, "companyIds": []}).json()
    assert (changed["contactEmail"], changed["companyIds"]) == (None, [])


def test_wrong_webhook_fields_are_told_together(api):
    wrong = {"url": "https://127.0.0.1/", "eventTypes": ["everything"], "companyIds": [str(CompanyFactory().pk)]}

    assert set(wrong_fields(api.post("webhook", wrong | {"contactEmail": "x", "secret": "whsec_x"}))) == {
        "/url",
        "/eventTypes/0",
        "/companyIds/0",
        "/contactEmail",
        "/secret",
    }


def test_deliveries_are_filtered_and_paged(api, company):
    endpoint = make_endpoint(company)
    failed, waiting, done = (make_delivery(endpoint, status=each) for each in ("FAILED", "PENDING", "DELIVERED"))
    make_delivery(make_endpoint(company))
    path = f"webhook/{endpoint.pk}/delivery"

    def ids(**query):
        return [each["id"] for each in api.get(path, query).json()["deliveries"]]

    assert ids() == [str(each.pk) for each in (done, waiting, failed)]
    assert ids(status=["FAILED", "PENDING"]) == [str(waiting.pk), str(failed.pk)]
    assert ids(status="FAILED", eventId=failed.event_id) == [str(failed.pk)]
    assert ids(eventId=CompanyFactory().pk) == []
    page = api.get(path, {"limit": 2}).json()
    assert ids(limit=2, cursor=page["nextCursor"]) == [str(failed.pk)]


def test_deliveries_of_other_companies_are_hidden(company):
    endpoint = make_endpoint(company, company_ids=[company.pk])  # it got all companies before
    own, other, test = (
        make_delivery(endpoint, company=each) for each in (company, CompanyFactory(partner=company.partner), None)
    )
    api = Api(make_api_key(company.partner, scopes=[Scope.WEBHOOKS_WRITE], company_ids=[company.pk])[1])
    path = f"webhook/{endpoint.pk}/delivery"

    assert [each["id"] for each in api.get(path).json()["deliveries"]] == [str(test.pk), str(own.pk)]
    assert api.get(f"{path}/{own.pk}").status_code == 200
    assert api.get(f"{path}/{other.pk}").status_code == 404
    assert api.post(f"{path}/{other.pk}/redeliver").status_code == 404


def test_delivery_shows_request_and_attempts(api, company):
    endpoint = make_endpoint(company, include_links=True)
    delivery = make_delivery(endpoint, type="invitation.used", data={"message": "Grüße"}, status="FAILED", attempts=2)
    started = timezone.now()
    for number, outcome in enumerate(({"error": "The host was not found."}, {"response_code": 500, "answer": ANSWER})):
        WebhookAttempt.objects.create(
            delivery=delivery,
            number=number + 1,
            url=f"{URL}/{number}",
            started_at=started,
            duration=timedelta(milliseconds=84),
            **outcome,
        )

    shown = api.get(f"webhook/{endpoint.pk}/delivery/{delivery.pk}").json()

    assert shown["request"]["url"] == f"{URL}/1"
    assert shown["request"]["headers"] == {
        "webhook-id": str(delivery.event_id),
        "webhook-timestamp": str(int(started.timestamp())),
    }
    assert '"data":{"message":"Grüße"}' in shown["request"]["body"]
    first, second = shown["log"]
    assert (first["number"], first["responseCode"], first["error"]) == (1, None, "The host was not found.")
    assert (second["responseCode"], second["answer"], second["durationSeconds"]) == (500, ANSWER, 0.084)


def test_delivery_shows_no_link(api, company):
    endpoint = make_endpoint(company, include_links=True)
    invitation = make_invitation(company)
    delivery = make_delivery(endpoint, type="invitation.created", resource_id=invitation.pk, data={"status": "ACTIVE"})
    links = find_links([delivery.event])

    shown = api.get(f"webhook/{endpoint.pk}/delivery/{delivery.pk}").json()["request"]["body"]

    assert invitation.token.encode() in message_body(delivery.event, links=links)
    assert shown.encode() == message_body(delivery.event, links={})
    assert invitation.token not in shown


def test_failed_events_are_sent_again(api, company):
    endpoint, since = make_endpoint(company), timezone.now()
    ended = {"status": "FAILED", "due_at": None, "finished_at": since}
    failed, old = make_delivery(endpoint, **ended), make_delivery(endpoint, created_at=since - timedelta(1), **ended)
    path = f"webhook/{endpoint.pk}"

    assert wrong_fields(api.post(f"{path}/redeliver", {})) == ["/since"]
    again = api.post(f"{path}/redeliver", {"since": since.isoformat()})
    assert again.json() == {"deliveries": 1, "hasMore": False}
    assert api.post(f"{path}/redeliver", {"since": since.isoformat()}).json()["deliveries"] == 0
    one = api.post(f"{path}/delivery/{old.pk}/redeliver").json()
    assert (one["id"], one["status"]) == (str(old.pk), "PENDING")
    failed.refresh_from_db()
    assert failed.due_at
    assert [event.detail for event in endpoint.events.all()] == [{"deliveries": 1}] * 2


def test_test_event_goes_to_one_endpoint(api, company):
    endpoint, other = make_endpoint(company, event_types=["invitation.used"]), make_endpoint(company)

    answer = api.post(f"webhook/{endpoint.pk}/test")

    delivery = endpoint.deliveries.get()
    assert answer.status_code == 202
    assert (answer.json()["id"], answer.json()["type"]) == (str(delivery.pk), "webhook.test")
    assert (delivery.event.sequence, delivery.event.data) == (1, {"webhookId": str(endpoint.pk)})
    assert not other.deliveries.exists()
