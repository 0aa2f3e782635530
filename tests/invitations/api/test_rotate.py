"""POST /v2/invitation/{id}/rotate."""

import pytest

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


def test_the_old_link_is_dead_at_once_and_the_new_one_opens(api, company, client):
    invitation = make_invitation(company)
    old = invitation.token

    answer = rotate(api, invitation)

    assert answer.status_code == 200
    rotated = answer.json()
    assert rotated["token"] != old
    assert rotated["invitationUrl"].endswith(f"/p/i/{rotated['token']}")
    assert (opens(client, old), opens(client, rotated["token"])) == (404, 200)
    assert api.get(f"invitation/{invitation.pk}").json()["token"] == rotated["token"]


def test_nothing_else_changes(api, company):
    invitation = make_invitation(company, max_uses=3, message="Hello")
    before = api.get(f"invitation/{invitation.pk}").json()
    rotate(api, invitation)
    after = api.get(f"invitation/{invitation.pk}").json()
    assert {name for name in before if before[name] != after[name]} == {
        *("token", "invitationUrl", "updatedAt", "events"),
    }


def test_personal_links_die_with_it_and_a_resend_brings_new_ones(api, company, client):
    invitation = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    mailed = PersonalLink.objects.get().token
    rotate(api, invitation)
    assert opens(client, mailed) == 404
    assert api.post(f"invitation/{invitation.pk}/resend").status_code == 202
    assert opens(client, PersonalLink.objects.get().token) == 200


def test_it_is_logged_with_whoever_did_it(api, company):
    invitation = make_invitation(company)
    rotate(api, invitation)
    (event,) = invitation.events.filter(type=EventType.ROTATED)
    assert (event.actor, event.detail, event.api_key.partner) == ("PARTNER", {}, company.partner)


def test_a_revoked_one_keeps_its_dead_link(api, company):
    invitation = revoke_invitation(make_invitation(company), by=SYSTEM)
    assert problem_in(rotate(api, invitation), 409)["code"] == "INVITATION_REVOKED"
    assert not invitation.events.filter(type=EventType.ROTATED).exists()


def test_the_same_request_again_rotates_once(api, company):
    invitation = make_invitation(company)
    first, again = (rotate(api, invitation, Idempotency_Key="once") for _ in range(2))
    assert first.json() == again.json()
    assert invitation.events.filter(type=EventType.ROTATED).count() == 1


@pytest.mark.parametrize("name", ["token", "reason"])
def test_a_field_is_refused(api, company, name):
    invitation = make_invitation(company)
    assert wrong_fields(rotate(api, invitation, {name: "x"})) == [f"/{name}"]
    assert not invitation.events.filter(type=EventType.ROTATED).exists()
