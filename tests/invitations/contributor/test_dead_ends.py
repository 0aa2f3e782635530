"""Next steps for visitors who cannot give the login."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.models import Invitation, InvitationEvent, LinkRequest
from invitations.services.link_requests.decide import approve_link_request, refuse_link_request
from tests.factories import make_invitation
from tests.invitations.answers import page
from tests.invitations.contributor.steps import ANNA, BEN, OTTO, accept, at, links_of, visible_text
from tests.invitations.repairs import create_proof, expire, read, revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailed(company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)
    Invitation.objects.filter(pk=invitation.pk).update(allows_forwarding=True)
    return invitation


def logged(*types):
    return list(InvitationEvent.objects.filter(type__in=types).order_by("pk").values_list("type", "email"))


# --- ask ----------------------------------------------------------------------------------------------------


def test_expired_link_asks_and_works_again(client, mailed):
    (link,) = links_of(mailed)
    expire(mailed)
    assert f'action="{at(link, "ask")}"' in read(client.get(at(link)), 410)
    assert client.get(at(link, "ask")).status_code == 302  # a GET asks nothing
    assert not LinkRequest.objects.exists()

    response = client.post(at(link, "ask"), follow=True)

    assert "You asked for a new link" in visible_text(response)
    assert "a•••@example.com" in visible_text(response)
    assert logged("LINK_REQUESTED") == [("LINK_REQUESTED", ANNA)]
    approve_link_request(mailed, by=SYSTEM)
    assert client.get(at(link, "ask"))["Location"] == at(link)
    assert client.get(at(link)).status_code == 200


def test_refused_asker_is_told(client, invitation):
    expire(invitation)
    client.post(page(invitation, "ask"))
    refuse_link_request(invitation, by=SYSTEM)
    assert "There is no new link" in read(client.get(page(invitation, "ask")))


def test_ask_says_nothing_of_addresses(client, mailed):
    text = visible_text(client.post(page(mailed, "ask"), follow=True))
    assert "mail to the addresses on the invitation" in text
    assert ANNA not in text
    assert "•••" not in text


def test_closed_and_open_invitations_need_no_request(client, invitation, mailed):
    assert client.post(page(invitation, "ask"))["Location"] == page(invitation)
    revoke(mailed)
    assert "This invitation was revoked" in read(client.post(page(mailed, "ask")), 410)
    assert not LinkRequest.objects.exists()


# --- forward ------------------------------------------------------------------------------------------------


def test_verified_visitor_forwards(client, mailed):
    (link,) = links_of(mailed)
    assert "first confirm your address" in read(client.get(at(link, "forward")))
    assert "first confirm your address" in read(client.post(at(link, "forward"), {"email": OTTO}))
    assert client.post(at(link, "accept_link"), {"next": "forward"})["Location"] == at(link, "forward")
    assert ANNA in read(client.get(at(link, "forward")))

    response = client.post(at(link, "forward"), {"email": f"Otto <{OTTO}>", "note": "<b>Please</b>"})

    assert f"<bdi>{OTTO}</bdi> gets a mail" in read(response)
    assert logged("FORWARDED") == [("FORWARDED", ANNA)]
    assert Invitation.objects.get(pk=mailed.pk).allows(OTTO)


def test_forward_shows_what_was_wrong(client, mailed):
    create_proof(client, mailed, ANNA)
    for fields, words in (
        ({"email": "nobody"}, "Enter an address like name@example.com."),
        ({"email": ANNA, "note": "www.evil.example"}, "This is your own address."),
        ({"email": ANNA, "note": "www.evil.example"}, "Write the note without links."),
        ({"email": OTTO, "note": "x" * 301}, "At most 300 characters; this has"),
    ):
        content = read(client.post(page(mailed, "forward"), fields))
        assert words in content
        assert f'value="{fields["email"]}"' in content
    for number in range(3):
        client.post(page(mailed, "forward"), {"email": f"person{number}@example.com"})
    assert client.post(page(mailed, "forward"), {"email": OTTO})["Retry-After"]


def test_forward_needs_permission_and_proof(client, invitation, mailed):
    assert client.post(page(mailed, "forward"), {"email": OTTO})["Location"] == page(mailed, "verify")
    Invitation.objects.update(allows_forwarding=True)
    assert client.get(page(invitation, "forward"))["Location"] == page(invitation)
    assert "Send them this link" in read(client.get(page(invitation)))
    Invitation.objects.update(allows_forwarding=False)
    create_proof(client, mailed, ANNA)
    assert client.post(page(mailed, "forward"), {"email": OTTO})["Location"] == page(mailed)
    assert page(mailed, "forward") not in read(client.get(page(mailed)))
    assert logged("FORWARDED") == []


# --- decline ------------------------------------------------------------------------------------------------


def test_personal_link_declines_and_still_works(client, mailed):
    (link,) = links_of(mailed)
    assert f'href="{at(link, "decline")}"' in read(client.get(at(link)))
    client.get(at(link, "decline"))
    assert logged("DECLINED") == []

    for _ in range(2):
        content = read(client.post(at(link, "decline"), {"reason": "WRONG_PERSON", "note": "Ask Ben."}))
        assert "Thank you for telling us" in content
        assert f'href="{at(link, "forward")}"' in content

    assert logged("DECLINED") == [("DECLINED", ANNA)]
    assert "Thank you for telling us" in read(client.get(at(link, "decline")))
    assert "Thank you" not in read(Client().get(at(links_of(mailed, BEN)[0], "decline")))
    accept(client, link)
    assert client.get(at(link, "connect")).status_code == 200


def test_decline_shows_what_was_wrong(client, invitation):
    content = read(client.post(page(invitation, "decline"), {"note": "x" * 501}))
    assert "Choose a reason." in content
    assert "At most 500 characters; this has" in content
    assert logged("DECLINED") == []
