"""POST /v2/invitation/company/{companyId}/bulk/revoke and .../resend."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from companies.models import PartnerEvent
from invitations.api.bulk import chosen
from invitations.models import Delivery, EventType, Invitation, InvitationEvent, PersonalLink
from invitations.services.bulk_changes import resend_invitations, revoke_invitations
from invitations.services.delivery import limits
from tests.companies.refusals import wrong_fields
from tests.factories import CompanyFactory, make_invitation
from tests.races import race


def change(api: Any, company: Any, action: str, **body: Any) -> Any:
    body = {name: list(map(str, value)) if name == "ids" else value for name, value in body.items()}
    return api.post(f"invitation/company/{company.pk}/bulk/{action}", body)


def statuses(response: Any) -> dict[str, int]:
    assert response.status_code == 207, response.content
    return {each["invitationId"]: each["status"] for each in response.json()["results"]}


def people(company: Any, number: int, **terms: Any) -> list[Invitation]:
    return [make_invitation(company, allowed_emails=[f"p{n}@example.com"], **terms) for n in range(number)]


def test_revocation_by_ids_has_results_in_order(api, company):
    first, second = people(company, 2)
    theirs, missing = make_invitation(CompanyFactory(partner=company.partner)).pk, uuid4()
    api.post(f"invitation/{second.pk}/revoke")

    answer = change(api, company, "revoke", ids=[second.pk, missing, first.pk, theirs], reason="Enough")

    assert list(statuses(answer).items()) == [
        (str(second.pk), 200),
        (str(missing), 404),
        (str(first.pk), 200),
        (str(theirs), 404),
    ]
    assert Invitation.objects.filter(revoked_at=None).get().pk == theirs
    revoked = InvitationEvent.objects.filter(type=EventType.REVOKED).order_by("pk")
    assert [(each.invitation_id, each.detail) for each in revoked] == [
        (second.pk, {}),
        (first.pk, {"reason": "Enough"}),
    ]
    assert PartnerEvent.objects.filter(type="invitation.revoked").count() == 2


def test_filter_goes_on_at_the_cursor(api, company, monkeypatch):
    monkeypatch.setattr(chosen, "MOST_ITEMS", 2)
    invitations = people(company, 3, external_id="autumn")
    kept = make_invitation(company, external_id="spring")
    asked = {"filter": {"externalId": "autumn"}}

    first = change(api, company, "revoke", **asked)
    rest = change(api, company, "revoke", **asked, cursor=first.json()["nextCursor"])
    again = change(api, company, "revoke", **asked)

    assert list(statuses(first)) == [str(each.pk) for each in invitations[:0:-1]]
    assert first.json()["hasMore"] is True
    assert statuses(rest) == {str(invitations[0].pk): 200}
    assert (rest.json()["hasMore"], rest.json()["nextCursor"]) == (False, None)
    assert statuses(again) == {}  # only active ones match
    assert list(company.invitations.filter(revoked_at=None)) == [kept]


def test_choice_is_ids_or_a_filter(api, company):
    some = str(uuid4())
    wrong: dict[str, list[dict[str, Any]]] = {
        "/ids": [{}, {"ids": [some], "filter": {"externalId": "x"}}, {"ids": []}, {"ids": [some] * 501}],
        "/ids/1": [{"ids": [some, "x"]}],
        "/filter": [{"filter": {}}],
        "/filter/state": [{"filter": {"state": "ACTIVE"}}],
        "/filter/createdAfter": [{"filter": {"createdAfter": 5}}],
        "/cursor": [{"ids": [some], "cursor": "x"}, {"filter": {"externalId": "x"}, "cursor": "x"}],
    }
    for pointer, bodies in wrong.items():
        for body in bodies:
            for action in ("revoke", "resend"):
                assert wrong_fields(change(api, company, action, **body))[:1] == [pointer], body


def test_resending_reports_each_refusal(api, company):
    mailed, fresh, limited, revoked = people(company, 4)
    anyone = make_invitation(company)
    change(api, company, "resend", ids=[mailed.pk])
    for _ in range(10):
        resend_invitations(company, [limited.pk], by=SYSTEM)
    api.post(f"invitation/{revoked.pk}/revoke")
    before = PersonalLink.objects.count()

    answer = change(api, company, "resend", ids=[each.pk for each in (mailed, fresh, limited, revoked, anyone)])

    assert list(statuses(answer).values()) == [202, 202, 429, 409, 400]
    problems = [each["problem"] for each in answer.json()["results"]]
    assert [each and each["code"] for each in problems] == [
        None,
        None,
        "TOO_MANY_ATTEMPTS",
        "INVITATION_REVOKED",
        "INVALID",
    ]
    assert 3500 < problems[2]["retryAfter"] <= 3600
    assert dict(Delivery.objects.values_list("email", "round")) == {
        "p0@example.com": 2,
        "p1@example.com": 1,
        "p2@example.com": 10,
    }
    assert PersonalLink.objects.count() == before + 2
    assert fresh.events.get(type=EventType.RESENT).detail == {"emails": ["p1@example.com"]}


def test_resending_by_filter_leaves_out_ended_ones(api, company):
    active, revoked = people(company, 2)
    api.post(f"invitation/{revoked.pk}/revoke")

    answer = change(api, company, "resend", filter={"invitationType": ["CREATE_CONNECTION"]})

    assert statuses(answer) == {str(active.pk): 202}


def test_request_mails_a_bounded_number(api, company, monkeypatch):
    monkeypatch.setattr(limits, "MOST_AT_ONCE", 2)
    ids = [each.pk for each in people(company, 3)]

    assert sorted(statuses(change(api, company, "resend", ids=ids)).values()) == [202, 202, 429]
    assert statuses(change(api, company, "resend", ids=ids[2:])) == {str(ids[2]): 202}


def test_query_count_does_not_grow_with_invitations(company):
    asked = {}
    for number in (2, 10):
        ids = [each.pk for each in people(company, number)]
        with CaptureQueriesContext(connection) as queries:
            resend_invitations(company, ids, by=SYSTEM)
            revoke_invitations(company, ids, by=SYSTEM)
        asked[number] = len(queries)

    assert len(set(asked.values())) == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_revocations_are_logged_once():
    company = CompanyFactory()
    ids = [each.pk for each in people(company, 6)]

    outcomes = race(6, lambda number: revoke_invitations(company, ids[:: (-1) ** number], by=SYSTEM))

    assert [set(each) for each in outcomes] == [set(ids)] * 6
    assert InvitationEvent.objects.filter(type=EventType.REVOKED).count() == 6
