"""PATCH /v2/invitation/{id}."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models import F
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from companies.actors import SYSTEM
from invitations.models import EventType, Invitation
from invitations.models.prefill import Prefill
from invitations.services.invitations import revoke_invitation
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import SiteFactory, make_invitation
from tests.invitations.api.uses import spend_use

ANNA, BEN = "anna@example.com", "ben@example.com"


def new_invitation(company):
    return make_invitation(
        company,
        max_uses=5,
        expires_in=timedelta(days=1),
        message="Before",
        external_id="before",
        metadata={"before": "yes"},
        allowed_emails=["before@example.com"],
        prefill=Prefill(country="GB"),
    )


@pytest.fixture
def invitation(company):
    return new_invitation(company)


def patch(api, invitation, body):
    return api.patch(f"invitation/{invitation.pk}", body)


def shown(api, invitation):
    return api.get(f"invitation/{invitation.pk}").json()


FIELDS = [
    ("reminders", True, True),
    ("allowForwarding", True, True),
    ("maxUses", 7, 7),
    ("maxUses", None, None),
    ("allowedEmails", ["Anna@Example.com", "*@example.org"], [ANNA, "*@example.org"]),
    ("allowedEmails", [], []),
    ("prefill", {"country": "IE", "lockedFields": ["country"]}, {"country": "IE", "lockedFields": ["country"]}),
    ("prefill", {}, {}),
    ("prefill", None, {}),
    ("message", "After", "After"),
    ("message", "", None),
    ("message", None, None),
    ("externalId", "after", "after"),
    ("externalId", None, None),
    ("metadata", {"after": ""}, {"after": ""}),
    ("metadata", {}, {}),
    ("metadata", None, {}),
]


def test_update_changes_only_one_field(api, company):
    for field, value, stored in FIELDS:
        invitation = new_invitation(company)
        before = shown(api, invitation)

        answer = patch(api, invitation, {field: value})

        assert answer.status_code == 200, field
        after = shown(api, invitation)
        assert after[field] == answer.json()[field] == stored
        same = {name for name in before if before[name] == after[name]}
        assert set(before) - same <= {field, "updatedAt", "events"}
        assert (after["token"], after["invitationUrl"]) == (before["token"], before["invitationUrl"])
        assert after["updatedAt"] > before["updatedAt"]


def test_update_expiry(api, invitation):
    moved = patch(api, invitation, {"expiresInSeconds": 3600}).json()["expiresAt"]
    assert timedelta(seconds=3590) < parse_datetime(moved) - timezone.now() <= timedelta(seconds=3600)
    there = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    moved = patch(api, invitation, {"expiresAt": there.isoformat()}).json()["expiresAt"]
    assert parse_datetime(moved) == there
    for name in ("expiresAt", "expiresInSeconds"):
        assert patch(api, invitation, {name: None}).json()["expiresAt"] is None


def test_invalid_fields_are_named(api, invitation):
    before = shown(api, invitation)
    for body, pointer in [
        ({"expiresAt": "2126-01-01T00:00:00Z", "expiresInSeconds": 60}, "/expiresAt"),
        ({"expiresAt": None, "expiresInSeconds": None}, "/expiresAt"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "/expiresAt"),
        ({"expiresAt": "9999-12-31T23:59:59Z"}, "/expiresAt"),
        ({"expiresAt": "0001-01-01T00:00:00Z"}, "/expiresAt"),
        ({"expiresAt": "0001-01-01T00:00:00+14:00"}, "/expiresAt"),
        ({"expiresAt": "9999-12-31T23:59:59-14:00"}, "/expiresAt"),
        ({"expiresAt": "tomorrow"}, "/expiresAt"),
        ({"expiresAt": 5}, "/expiresAt"),
        ({"expiresInSeconds": 59}, "/expiresInSeconds"),
        ({"maxUses": 0}, "/maxUses"),
        ({"reminders": None}, "/reminders"),
        ({"allowForwarding": "true"}, "/allowForwarding"),
        ({"allowedEmails": None}, "/allowedEmails"),
        ({"allowedEmails": ["anna"]}, "/allowedEmails/0"),
        ({"prefill": {"datasourceId": str(UUID(int=7))}}, "/prefill/datasourceId"),
        ({"externalId": ""}, "/externalId"),
        ({"message": "m" * 2001}, "/message"),
        ({"locale": "de"}, "/locale"),
        ({"redirectUrl": None}, "/redirectUrl"),
        ({"sendEmail": None}, "/sendEmail"),
        ({"allowedEmail": []}, "/allowedEmail"),
        ({"token": "x"}, "/token"),
        ({"useCount": 0}, "/useCount"),
        ({"status": "ACTIVE"}, "/status"),
        ({"revokedAt": None}, "/revokedAt"),
    ]:
        assert wrong_fields(patch(api, invitation, {"message": "After"} | body)) == [pointer]
        assert shown(api, invitation) == before


def test_site_of_another_partner_is_rejected(api, invitation):
    site = SiteFactory()
    assert wrong_fields(patch(api, invitation, {"prefill": {"initialSites": [str(site.pk)]}})) == [
        "/prefill/initialSites/0"
    ]


def test_max_uses_below_use_count_conflicts(api, company):
    invitation = make_invitation(company, max_uses=5)
    for _ in range(2):
        spend_use(invitation)
    assert problem_in(patch(api, invitation, {"maxUses": 1}), 409)["code"] == "MAX_USES_BELOW_USE_COUNT"
    assert patch(api, invitation, {"maxUses": 2}).json()["status"] == "FULFILLED"
    assert patch(api, invitation, {"maxUses": 3}).json()["status"] == "ACTIVE"


def test_later_expiry_reactivates_the_invitation(api, invitation):
    Invitation.objects.update(
        created_at=F("created_at") - timedelta(days=2), expires_at=F("created_at") - timedelta(days=1)
    )
    assert shown(api, invitation)["status"] == "EXPIRED"
    assert patch(api, invitation, {"expiresInSeconds": 60}).json()["status"] == "ACTIVE"


def test_revoked_invitation_cannot_be_updated(api, invitation):
    revoke_invitation(invitation, by=SYSTEM)
    before = shown(api, invitation)
    assert problem_in(patch(api, invitation, {"message": "After"}), 409)["code"] == "INVITATION_REVOKED"
    assert shown(api, invitation) == before


def test_update_logs_fields_and_actor(api, invitation):
    patch(api, invitation, {"maxUses": 7, "expiresInSeconds": 60, "allowedEmails": [BEN]})
    (event,) = invitation.events.filter(type=EventType.UPDATED)
    assert (event.actor, event.detail["fields"]) == ("PARTNER", ["allowedEmails", "expiresAt", "maxUses"])
    assert event.api_key is not None


def test_update_logs_old_and_new_values(api, invitation):
    before = shown(api, invitation)
    after = patch(
        api, invitation, {"maxUses": None, "expiresInSeconds": 60, "message": "After", "reminders": True}
    ).json()
    (event,) = [event for event in shown(api, invitation)["events"] if event["type"] == "UPDATED"]
    assert event["detail"]["changes"] == {
        "expiresAt": {"old": before["expiresAt"], "new": after["expiresAt"]},
        "maxUses": {"old": 5, "new": None},
        "reminders": {"old": False, "new": True},
    }
    assert (after["reminders"], after["allowForwarding"]) == (True, False)


def test_update_without_change_is_not_logged(api, invitation):
    before = shown(api, invitation)
    for body in (
        {},
        {"maxUses": 5},
        {"message": "Before", "externalId": "before", "metadata": {"before": "yes"}},
        {"allowedEmails": ["Before@Example.com"], "prefill": {"country": "GB"}},
        {"reminders": False, "allowForwarding": False},
    ):
        assert patch(api, invitation, body).status_code == 200
        assert shown(api, invitation) == before


def test_update_logs_only_changed_fields(api, invitation):
    patch(api, invitation, {"maxUses": 5, "message": "After"})
    (event,) = invitation.events.filter(type=EventType.UPDATED)
    assert event.detail == {"fields": ["message"]}


def test_added_address_is_not_mailed(api, company, jobs):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    patch(api, invitation, {"allowedEmails": [ANNA, BEN]})
    assert jobs.names == []
    assert Invitation.objects.get().allows(BEN)


def test_repair_invitation_rejects_prefill(api, company):
    from invitations.services.invitations import create_repair_invitation
    from tests.factories import make_connection

    invitation = create_repair_invitation(make_connection(company), by=SYSTEM)
    assert wrong_fields(patch(api, invitation, {"prefill": {"country": "IE"}})) == ["/prefill"]


def deliveries(api, invitation):
    return {each["email"]: each["status"] for each in shown(api, invitation)["deliveries"]}


def test_added_address_is_mailed_on_request(api, company, jobs):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    both = {"allowedEmails": [ANNA, BEN, "*@example.org"]}
    assert patch(api, invitation, both).status_code == 200
    assert deliveries(api, invitation) == {ANNA: "QUEUED", BEN: "NOT_MAILED"}
    assert len(jobs.names) == 1

    for _ in range(2):  # again, it finds nothing to mail
        assert patch(api, invitation, both | {"sendEmail": True}).status_code == 200
        assert deliveries(api, invitation) == {ANNA: "QUEUED", BEN: "QUEUED"}
        assert len(jobs.names) == 2
    (mailed,) = invitation.events.filter(type=EventType.RESENT)
    assert mailed.detail == {"emails": [BEN]}


def test_address_is_mailed_after_its_return(api, company, jobs):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)
    patch(api, invitation, {"allowedEmails": [BEN]})
    patch(api, invitation, {"allowedEmails": [ANNA, BEN], "sendEmail": True})
    assert len(jobs.names) == 3


def test_expired_invitation_mails_after_extension(api, company, jobs):
    invitation = make_invitation(company, allowed_emails=[ANNA], expires_in=timedelta(days=1))
    Invitation.objects.update(created_at=F("created_at") - timedelta(days=2), expires_at=timezone.now())
    assert problem_in(patch(api, invitation, {"sendEmail": True}), 409)["code"] == "INVITATION_EXPIRED"
    assert shown(api, invitation)["deliveries"] == []
    assert patch(api, invitation, {"sendEmail": True, "expiresInSeconds": 3600}).status_code == 200
    assert deliveries(api, invitation) == {ANNA: "QUEUED"}
