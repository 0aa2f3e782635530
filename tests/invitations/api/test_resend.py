"""POST /v2/invitation/{id}/resend."""

from datetime import timedelta

import pytest
from django.db.models import F

from companies.actors import SYSTEM
from invitations.models import Delivery, EventType, Invitation, PersonalLink
from invitations.services.invitations import revoke_invitation
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import make_invitation
from tests.invitations.clock import pass_time

ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)


def resend(api, invitation, body=None):
    return api.post(f"invitation/{invitation.pk}/resend", body)


def links(email):
    return PersonalLink.objects.filter(delivery__email=email).count()


def deliveries(api, invitation):
    return api.get(f"invitation/{invitation.pk}").json()["deliveries"]


@pytest.mark.parametrize("body", [{}, {"emails": None}])
def test_resend_to_all(api, invitation, jobs, body):
    answer = resend(api, invitation, body)
    assert answer.status_code == 202
    assert answer.json()["id"] == str(invitation.pk)
    assert (links(ANNA), links(BEN)) == (2, 2)
    assert jobs.names == ["send_invitation"] * 2
    (event,) = invitation.events.filter(type=EventType.RESENT)
    assert (event.actor, event.email, event.detail) == ("PARTNER", None, {"emails": [ANNA, BEN]})
    assert event.api_key is not None


def test_resend_to_some(api, invitation):
    assert resend(api, invitation, {"emails": ["BEN@Example.com", BEN]}).status_code == 202
    assert (links(ANNA), links(BEN)) == (1, 2)
    assert invitation.events.get(type=EventType.RESENT).detail == {"emails": [BEN]}


def test_invalid_recipients_are_named(api, invitation):
    for emails, pointer in [
        ([BEN, "stranger@example.com"], "/emails/1"),
        (["no address"], "/emails/0"),
        (["*@example.com"], "/emails/0"),
        ([], "/emails"),
        ("ben@example.com", "/emails"),
        ([5], "/emails/0"),
        ([f"person{number}@example.com" for number in range(101)], "/emails"),
    ]:
        assert wrong_fields(resend(api, invitation, {"emails": emails})) == [pointer]
        assert (links(ANNA), links(BEN)) == (1, 1)
        assert not invitation.events.filter(type=EventType.RESENT).exists()


def test_resend_to_address_of_allowed_domain(api, company):
    invitation = make_invitation(company, allowed_emails=["*@example.com"])
    assert wrong_fields(resend(api, invitation)) == ["/emails"]
    assert resend(api, invitation, {"emails": [ANNA]}).status_code == 202
    assert [each["email"] for each in deliveries(api, invitation)] == [ANNA]


def test_open_invitation_cannot_be_resent(api, company):
    assert wrong_fields(resend(api, make_invitation(company))) == ["/emails"]


def test_resend_sends_the_first_mail(api, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    assert deliveries(api, invitation) == []
    assert resend(api, invitation).status_code == 202
    assert deliveries(api, invitation) == [
        {"email": ANNA, "status": "QUEUED", "attempts": 0, "lastAttemptAt": None, "lastError": None, "fault": None}
    ]


def test_eleventh_resend_in_an_hour_waits(api, invitation):
    for _ in range(10):
        assert resend(api, invitation).status_code == 202
    answer = resend(api, invitation)
    problem = problem_in(answer, 429)
    assert problem["code"] == "TOO_MANY_ATTEMPTS"
    assert 3500 < int(answer["Retry-After"]) <= 3600
    assert links(ANNA) == 11
    pass_time(hours=1)
    assert resend(api, invitation).status_code == 202


def revoked(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def fulfilled(invitation):
    Invitation.objects.update(max_uses=1, use_count=1)


def expired(invitation):
    Invitation.objects.update(
        created_at=F("created_at") - timedelta(days=2), expires_at=F("created_at") - timedelta(days=1)
    )


@pytest.mark.parametrize(
    ("close", "code"),
    [(revoked, "INVITATION_REVOKED"), (fulfilled, "INVITATION_FULFILLED"), (expired, "INVITATION_EXPIRED")],
)
def test_closed_invitation_cannot_be_resent(api, invitation, close, code):
    close(invitation)
    assert problem_in(resend(api, invitation), 409)["code"] == code
    assert links(ANNA) == 1


def test_unknown_field_is_named(api, invitation):
    assert wrong_fields(resend(api, invitation, {"email": [BEN]})) == ["/email"]


def test_retry_mails_once(api, invitation):
    path = f"invitation/{invitation.pk}/resend"
    first, again = (api.post(path, {}, Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (202, 202, "true")
    assert links(ANNA) == 2


@pytest.mark.django_db(transaction=True)
def test_deliveries_show_each_result(api, company, worker, mail_server):
    mail_server.answers[BEN] = ["550 unknown", "250"]
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)
    worker()
    anna, ben = deliveries(api, invitation)
    assert (anna["email"], anna["status"], anna["attempts"], anna["lastError"]) == (ANNA, "SENT", 1, None)
    assert (ben["email"], ben["status"], ben["attempts"]) == (BEN, "FAILED", 1)
    assert ben["lastError"] == "The mail server refused the address: 550 unknown"
    assert anna["lastAttemptAt"].endswith("Z")

    resend(api, invitation, {"emails": [BEN]})
    worker()
    assert [each["status"] for each in deliveries(api, invitation)] == ["SENT", "SENT"]
    events = [(event["type"], event["email"]) for event in api.get(f"invitation/{invitation.pk}").json()["events"]]
    assert events[0] == ("CREATED", None)
    assert sorted(events[1:3]) == [("DELIVERY_FAILED", BEN), ("SENT", ANNA)]
    assert events[3:] == [("RESENT", None), ("SENT", BEN)]


def test_failed_mails_are_resent_together(api, company, jobs):
    invitations = [make_invitation(company, allowed_emails=[ANNA], send_email=True) for _ in range(2)]
    Delivery.objects.update(status="FAILED", fault="SENDER")
    path = f"invitation/company/{company.pk}/resend-failed"

    assert api.post(path).json() == {"mails": 2, "invitations": 2, "hasMore": False}

    again = api.post(path)
    assert (again.status_code, again.json()["mails"]) == (202, 0)
    assert len(jobs.names) == 4
    (event,) = invitations[0].events.filter(type="RESENT")
    assert (event.actor, event.api_key) == ("PARTNER", company.partner.api_keys.get())
