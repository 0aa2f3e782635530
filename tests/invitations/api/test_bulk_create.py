"""POST /v2/invitation/company/{companyId}/bulk."""

from typing import Any
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.models import PartnerEvent
from config.http.body_limit import MAX_BODY_BYTES
from invitations.models import Delivery, EventType, Invitation, InvitationEvent
from invitations.services.delivery import limits
from tests.companies.api.keyed import post
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import DatasourceFactory, SiteFactory, make_invitation


def create(api: Any, company: Any, items: Any, **body: Any) -> Any:
    return api.post(f"invitation/company/{company.pk}/bulk", {"items": items, **body})


def results(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 207, response.content
    return response.json()["results"]


def statuses(response: Any) -> list[int]:
    return [result["status"] for result in results(response)]


def person(number: int, **fields: Any) -> dict[str, Any]:
    return {"externalId": f"order-{number}", "allowedEmails": [f"person{number}@example.com"], **fields}


def test_results_are_in_order(api, company):
    answer = create(api, company, [person(1), person(2, maxUses=0), person(3, message="Hello")])

    first, refused, last = results(answer)
    assert [each["externalId"] for each in (first, refused, last)] == ["order-1", "order-2", "order-3"]
    assert (first["status"], first["problem"]) == (201, None)
    assert first["invitation"] == {
        name: value
        for name, value in api.get(f"invitation/{first['invitationId']}").json().items()
        if name in first["invitation"]
    }
    assert (refused["status"], refused["invitationId"], refused["invitation"]) == (400, None, None)
    assert [each["pointer"] for each in refused["problem"]["errors"]] == ["/items/1/maxUses"]
    assert last["invitation"]["message"] == "Hello"
    assert company.invitations.count() == 2


def test_items_have_events_and_mails(api, company):
    create(api, company, [person(1, sendEmail=True), person(2)])

    assert list(InvitationEvent.objects.values_list("type", "actor").distinct()) == [(EventType.CREATED, "PARTNER")]
    assert PartnerEvent.objects.filter(type="invitation.created").count() == 2
    assert [each.email for each in Delivery.objects.all()] == ["person1@example.com"]
    (job,) = ProcrastinateJob.objects.filter(task_name="invitations.tasks.send_invitation")
    assert job.priority == -10


def test_invalid_items_name_all_their_errors(api, company):
    known, theirs = SiteFactory(company=company), SiteFactory()
    wrong = {
        "externalId": "1",
        "allowedEmail": ["a@example.com"],
        "allowedEmails": ["anna"],
        "prefill": {"country": "XX", "datasourceId": str(uuid4()), "initialSites": [str(known.pk), str(theirs.pk)]},
    }
    right = {"datasourceId": str(DatasourceFactory().pk), "initialSites": [str(known.pk)]}

    answer = create(api, company, [wrong, {"externalId": "2", "prefill": right}, "text", {}, {"externalId": "a\x00b"}])

    assert [result["status"] for result in results(answer)] == [400, 201, 400, 400, 400]
    assert {each["pointer"] for each in results(answer)[0]["problem"]["errors"]} == {
        "/items/0/allowedEmail",
        "/items/0/allowedEmails/0",
        "/items/0/prefill/country",
        "/items/0/prefill/datasourceId",
        "/items/0/prefill/initialSites/1",
    }
    assert [
        (result["externalId"], [each["pointer"] for each in result["problem"]["errors"]])
        for result in results(answer)[2:]
    ] == [(None, ["/items/2"]), (None, ["/items/3/externalId"]), (None, ["/items/4/externalId"])]


def test_external_ids_are_unique_in_a_request(api, company):
    answer = create(api, company, [person(1), person(2) | {"externalId": "order-1"}, person(3)])

    assert statuses(answer) == [201, 400, 201]
    (error,) = results(answer)[1]["problem"]["errors"]
    assert (error["pointer"], error["code"]) == ("/items/1/externalId", "DUPLICATE")
    assert results(answer)[1]["externalId"] == "order-1"


def test_open_invitations_are_refused_or_returned(api, company):
    earlier = make_invitation(company, allowed_emails=["person1@example.com"])
    items = [
        person(1),
        person(2) | {"externalId": "same", "allowedEmails": ["person1@example.com"], "ifOpenExists": "return"},
        person(3),
        person(4) | {"allowedEmails": ["person3@example.com"]},
        person(5, ifOpenExists="create") | {"allowedEmails": ["person1@example.com"]},
        {"externalId": "nobody"},
    ]

    answer = create(api, company, items, ifOpenExists="refuse")

    assert statuses(answer) == [409, 200, 201, 409, 201, 400]
    found = results(answer)
    assert found[0]["invitationId"] == found[0]["problem"]["invitationId"] == str(earlier.pk)
    assert found[0]["problem"]["code"] == "OPEN_INVITATION_EXISTS"
    assert found[1]["invitation"]["id"] == found[1]["invitationId"] == str(earlier.pk)
    assert found[3]["invitationId"] == found[2]["invitationId"]
    assert [each["pointer"] for each in found[5]["problem"]["errors"]] == ["/items/5/allowedEmails"]
    assert company.invitations.count() == 3


def test_request_mails_a_bounded_number(api, company, monkeypatch):
    monkeypatch.setattr(limits, "MOST_AT_ONCE", 1)

    answer = create(api, company, [person(number, sendEmail=number < 3) for number in range(1, 4)])

    assert statuses(answer) == [201, 429, 201]
    assert results(answer)[1]["problem"]["retryAfter"] == 1
    assert company.invitations.count() == 2


def test_whole_body_is_checked_first(api, company):
    wrong = {
        (): {},
        ("/items",): {"items": []},
        ("/item", "/items"): {"item": []},
        ("/items", "/ifOpenExists"): {"items": [person(1)] * 501, "ifOpenExists": "ignore"},
    }

    for pointers, body in wrong.items():
        answer = api.post(f"invitation/company/{company.pk}/bulk", body)
        assert set(wrong_fields(answer)) == set(pointers or ["/items"]), body
    company.is_active = False
    company.save()
    assert problem_in(create(api, company, [person(1)]), 409)["code"] == "COMPANY_INACTIVE"
    assert not Invitation.objects.exists()


def test_bodies_over_the_usual_limit_are_accepted(api, company):
    items = [person(number, message="m" * 1500) for number in range(200)]
    path, small = f"invitation/company/{company.pk}/bulk", f"invitation/company/{company.pk}"

    with CaptureQueriesContext(connection) as queries:
        answer = post(api, path, {"items": items}, key="k")
    again = post(api, path, {"items": items}, key="k")

    assert int(answer.request["CONTENT_LENGTH"]) > MAX_BODY_BYTES
    assert statuses(answer) == [201] * 200
    assert len(queries) < 40
    assert (again["Idempotent-Replayed"], again.content) == ("true", answer.content)
    assert company.invitations.count() == 200
    assert problem_in(api.post(small, {"message": "m" * MAX_BODY_BYTES}), 413)["detail"].endswith("256 KiB.")
    assert problem_in(api.post(path, {"message": "m" * 2**21}), 413)["detail"].startswith(
        "The body may have at most 2048 KiB."
    )
