"""End of a personal link."""

import json

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import EmailProof, PersonalLink
from invitations.services.invitations import rotate_invitation, update_invitation
from tests.factories import make_invitation
from tests.invitations.answers import answers
from tests.invitations.contributor.steps import ANNA, BEN, accept, at, links_of, reaches_form, visible_text
from tests.invitations.repairs import expire, fulfil, revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)


@pytest.fixture
def link(invitation):
    return links_of(invitation)[0]


def rotate(invitation):
    rotate_invitation(invitation, by=SYSTEM)


def remove(invitation):
    update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])


ENDS = {
    "revoked": (revoke, 410),
    "expired": (expire, 410),
    "used up": (fulfil, 410),
    "rotated": (rotate, 404),
    "removed": (remove, 410),
}


@pytest.mark.parametrize(("end", "status"), ENDS.values(), ids=ENDS)
def test_ended_link_ends_in_every_browser(client, invitation, link, end, status):
    accept(client, link)
    client.get(at(link, "connect"))
    end(invitation)
    for browser in (client, Client()):
        for name in ("", "verify", "code", "connect"):
            assert browser.get(at(link, name), follow=True).status_code == status
            posted = browser.post(at(link, name), answers(code="123456"), follow=True)
            assert posted.status_code == (status if name else 405)
        assert accept(browser, link).status_code == status
    assert not Connection.objects.exists()


@pytest.mark.parametrize("end", [rotate, remove])
def test_proof_ends_with_its_link(client, invitation, link, end):
    accept(client, link)
    end(invitation)
    invitation.refresh_from_db()
    own = f"/p/i/{invitation.token}"
    assert client.get(f"{own}/connect")["Location"] == f"{own}/verify"
    assert client.post(f"{own}/connect", answers())["Location"] == f"{own}/verify"
    assert not Connection.objects.exists()


def test_ended_link_does_not_return(client, invitation, link):
    accept(client, link)
    remove(invitation)
    update_invitation(invitation, by=SYSTEM, allowed_emails=[ANNA, BEN])
    response = client.get(at(link))
    assert (response.status_code, "taken off the invitation" in visible_text(response)) == (410, True)
    assert client.get(f"/p/i/{invitation.token}/connect").status_code == 302


def test_other_addresses_keep_their_links(invitation):
    other, browser = links_of(invitation, BEN)[0], Client()
    accept(browser, other)
    remove(invitation)
    assert reaches_form(browser, other)
    assert accept(browser, other).status_code == 302


def test_opened_invitation_keeps_links(client, invitation, link):
    update_invitation(invitation, by=SYSTEM, allowed_emails=[])
    assert reaches_form(client, link)
    assert "Continue as" not in visible_text(client.get(at(link)))


def test_link_ending_meanwhile_is_explained(client, link, monkeypatch):
    visit = "invitations.contributor.verify.use_personal_link"
    from invitations.services.verification.proofs import use_personal_link

    def late(*arguments, **named):
        PersonalLink.objects.all().delete()
        return use_personal_link(*arguments, **named)

    monkeypatch.setattr(visit, late)
    response = accept(client, link)
    assert (response.status_code, "This link no longer works." in visible_text(response)) == (200, True)
    assert not EmailProof.objects.exists()


def test_api_never_shows_personal_links(api, company):
    body = {"allowedEmails": [ANNA, BEN], "sendEmail": True}
    made = api.post(f"invitation/company/{company.pk}", body)
    path = f"invitation/{made.json()['id']}"
    answered = [
        made,
        api.post(f"{path}/resend"),
        api.patch(path, {"message": "Hello"}),
        api.get(path),
        api.get(f"invitation/company/{company.pk}"),
    ]
    links = list(PersonalLink.objects.all())
    answered += [api.post(f"{path}/rotate"), api.post(f"{path}/revoke"), api.get(path)]
    said = json.dumps([answer.json() for answer in answered])
    assert len(links) == 4
    for link in links:
        assert link.token not in said
        assert str(link.pk) not in said
