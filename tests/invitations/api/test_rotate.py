"""POST /v2/invitation/{id}/rotate."""

from companies.actors import SYSTEM
from invitations.models import EventType, PersonalLink
from invitations.services.invitations import revoke_invitation
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import make_invitation

ANNA = "anna@example.com"


def rotate(api, invitation, body=None, **headers):
    return api.post(f"invitation/{invitation.pk}/rotate", body, **headers)


def opens(client, token):
    return client.get(f"/p/i/{token}").status_code


def test_rotate_replaces_the_link(api, company, client):
    invitation = make_invitation(company)
    old = invitation.token

    answer = rotate(api, invitation)

    assert answer.status_code == 200
    rotated = answer.json()
    assert rotated["token"] != old
    assert rotated["invitationUrl"].endswith(f"/p/i/{rotated['token']}")
    assert (opens(client, old), opens(client, rotated["token"])) == (404, 200)
    assert api.get(f"invitation/{invitation.pk}").json()["token"] == rotated["token"]


def test_rotate_changes_nothing_else(api, company):
    invitation = make_invitation(company, max_uses=3, message="Hello")
    before = api.get(f"invitation/{invitation.pk}").json()
    rotate(api, invitation)
    after = api.get(f"invitation/{invitation.pk}").json()
    assert {name for name in before if before[name] != after[name]} == {
        *("token", "invitationUrl", "updatedAt", "events"),
    }


def test_rotate_ends_personal_links(api, company, client):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    mailed = PersonalLink.objects.get().token
    rotate(api, invitation)
    assert opens(client, mailed) == 404
    assert api.post(f"invitation/{invitation.pk}/resend").status_code == 202
    assert opens(client, PersonalLink.objects.get().token) == 200


def test_rotate_is_logged(api, company):
    invitation = make_invitation(company)
    rotate(api, invitation)
    (event,) = invitation.events.filter(type=EventType.ROTATED)
    assert (event.actor, event.detail, event.api_key.partner) == ("PARTNER", {}, company.partner)


def test_revoked_invitation_cannot_be_rotated(api, company):
    invitation = revoke_invitation(make_invitation(company), by=SYSTEM)
    assert problem_in(rotate(api, invitation), 409)["code"] == "INVITATION_REVOKED"
    assert not invitation.events.filter(type=EventType.ROTATED).exists()


def test_retry_rotates_once(api, company):
    invitation = make_invitation(company)
    first, again = (rotate(api, invitation, Idempotency_Key="once") for _ in range(2))
    assert first.json() == again.json()
    assert invitation.events.filter(type=EventType.ROTATED).count() == 1


def test_body_must_be_empty(api, company):
    for name in ["token", "reason"]:
        invitation = make_invitation(company)
        assert wrong_fields(rotate(api, invitation, {name: "x"})) == [f"/{name}"]
        assert not invitation.events.filter(type=EventType.ROTATED).exists()
