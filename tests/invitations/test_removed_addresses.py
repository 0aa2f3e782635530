"""Login details are corrected by whoever gave them, for as long as their address is on the invitation."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.exceptions import AddressRemoved
from invitations.models import EmailProof, Invitation, Use
from invitations.services.invitations import create_repair_invitation, rotate_invitation, update_invitation
from invitations.services.repairs import correct_credentials
from tests.factories import make_connection, make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.repairs import NEW, create_proof, found, fulfil, has_form, login, opened, read, revoke, rows

pytestmark = pytest.mark.django_db

ANN, BOB = "ann@example.com", "bob@example.com"
ELSEWHERE = "The invitation does not include the email address you used here any more"


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANN, BOB], max_uses=1)


@pytest.fixture
def refused(client, invitation):
    """What Ann has connected; the provider refused her login."""
    create_proof(client, invitation, ANN)
    return found(saved(client, invitation))


def allow(invitation, *emails):
    update_invitation(invitation, by=SYSTEM, allowed_emails=emails)


def correct(client, invitation, **filled):
    return client.post(page(invitation, "correct"), login(**filled))


# --- on the page


def test_whoever_is_still_allowed_corrects_and_the_log_says_who_and_through_what(client, invitation, refused):
    allow(invitation, ANN)
    assert has_form(read(client.get(page(invitation, "done"))))
    assert correct(client, invitation)["Location"] == page(invitation, "done")
    assert opened(refused)["password"] == NEW
    line = refused.events.get(type="CREDENTIALS_CHANGED")
    assert (line.actor, line.email, line.detail) == ("CONTRIBUTOR", ANN, {"invitationId": str(invitation.pk)})
    assert refused.events.filter(detail__to="PENDING").get().email == ANN


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
def test_a_removed_address_changes_no_password(client, invitation, refused, filled):
    allow(invitation, BOB)
    before = rows()
    content = read(correct(client, invitation, **filled), 410)
    assert "The login cannot be changed here any more" in content
    assert ELSEWHERE in content
    assert rows() == before


@pytest.mark.parametrize("name", ["done", "state"])
def test_a_removed_address_is_offered_no_form_and_told_why(client, invitation, refused, name):
    allow(invitation, BOB)
    content = read(client.get(page(invitation, name)))
    assert ELSEWHERE in content
    assert "then type them again" not in content
    assert not has_form(content)


def test_another_address_that_the_same_browser_proves_later_does_not_stand_in(client, invitation, refused):
    create_proof(client, invitation, BOB)
    allow(invitation, BOB)
    before = rows()
    read(correct(client, invitation), 410)
    assert rows() == before


def test_a_removed_address_does_not_go_on_by_what_another_gave(client, company):
    """Two people repair through one invitation: each answers for what they gave themselves."""
    connection = found(make_connection(company))
    invitation, bobs = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANN, BOB]), Client()
    for browser, email in ((client, ANN), (bobs, BOB)):
        create_proof(browser, invitation, email)
        browser.post(page(invitation, "connect"), login(password=email))
    found(connection)
    allow(invitation, BOB)
    read(correct(client, invitation), 410)
    assert opened(connection)["password"] == BOB
    assert correct(bobs, invitation).status_code == 302
    assert opened(connection)["password"] == NEW


def test_a_login_given_without_a_proof_is_not_corrected_once_the_invitation_is_restricted(client, company):
    invitation = make_invitation(company)
    found(saved(client, invitation))
    allow(invitation, BOB)
    before = rows()
    assert not has_form(read(client.get(page(invitation, "done"))))
    read(correct(client, invitation), 410)
    assert rows() == before


def test_an_invitation_that_is_for_anyone_now_lets_its_browser_correct(client, invitation, refused):
    allow(invitation)
    assert correct(client, invitation).status_code == 302
    assert opened(refused)["password"] == NEW


def test_everybody_at_a_domain_may_correct_while_the_domain_is_allowed(client, invitation, refused):
    allow(invitation, "*@example.com")
    assert correct(client, invitation).status_code == 302
    assert opened(refused)["password"] == NEW


def test_the_receipt_outlives_the_proof(client, invitation, refused):
    EmailProof.objects.all().delete()
    assert correct(client, invitation).status_code == 302
    assert opened(refused)["password"] == NEW


def test_a_new_link_leaves_the_correction_to_the_browser_that_has_its_receipt(client, invitation, refused):
    rotate_invitation(invitation, by=SYSTEM)
    fresh = Invitation.objects.get(pk=invitation.pk)
    assert client.post(page(invitation, "correct"), login()).status_code == 404
    assert correct(client, fresh).status_code == 302


# --- by the service


def test_the_address_is_looked_at_as_the_database_has_it(invitation, refused):
    allow(invitation, BOB)
    before = rows()
    for email in (ANN, None):
        with pytest.raises(AddressRemoved) as refusal:
            correct_credentials(invitation, refused, credentials={"username": "u", "password": NEW}, email=email)
    assert (refusal.value.status, refusal.value.code) == (409, "ADDRESS_REMOVED")
    assert rows() == before


def test_a_repair_says_who_and_through_what(client, company):
    connection = found(make_connection(company))
    invitation = create_repair_invitation(connection, by=SYSTEM, allowed_emails=[ANN])
    create_proof(client, invitation, ANN)
    client.post(page(invitation, "connect"), login())
    line = connection.events.get(type="CREDENTIALS_CHANGED")
    assert (line.email, line.detail) == (ANN, {"invitationId": str(invitation.pk)})


def test_without_a_proof_the_log_says_through_what(client, company):
    invitation = make_invitation(company)
    connection = found(saved(client, invitation))
    correct(client, invitation)
    line = connection.events.get(type="CREDENTIALS_CHANGED")
    assert (line.email, line.detail) == (None, {"invitationId": str(invitation.pk)})


# --- from a link that leads nowhere to what was given


def through(invitation, *names):
    return [page(invitation, name) for name in ("", "connect", *names)]


def test_a_used_up_invitation_leads_whoever_used_it_to_the_correction(client, company):
    connection = found(make_connection(company))
    invitation = create_repair_invitation(connection, by=SYSTEM, max_uses=1)
    client.post(page(invitation, "connect"), login())
    assert "See the result" in read(client.get(page(invitation)), 410)
    found(connection)
    before = rows()
    for address in through(invitation):
        content = read(client.get(address), 410)
        assert "This invitation has been used" in content
        assert "The provider refused the login" in content
        assert f'href="{page(invitation, "done")}">Correct the login</a>' in content
    assert rows() == before
    assert has_form(read(client.get(page(invitation, "done"))))


def test_so_does_a_personal_link(client, company):
    connection = found(make_connection(company))
    invitation = create_repair_invitation(connection, by=SYSTEM, max_uses=1, allowed_emails=[ANN], send_email=True)
    link = invitation.deliveries.get().links.get()
    client.post(f"/p/i/{link.token}/accept_link")
    assert client.post(f"/p/i/{link.token}/connect", login()).status_code == 302
    found(connection)
    assert f'href="/p/i/{link.token}/done">Correct the login</a>' in read(client.get(f"/p/i/{link.token}"), 410)
    assert client.post(f"/p/i/{link.token}/correct", login()).status_code == 302
    assert (opened(connection)["password"], Use.objects.count()) == (NEW, 1)


def test_other_browsers_are_not_told_what_was_connected(client, company):
    invitation = make_invitation(company, max_uses=1)
    connection = found(saved(client, invitation))
    content = read(Client().get(page(invitation)), 410)
    assert "/done" not in content
    assert connection.provider_name not in content


def test_what_cannot_be_corrected_can_still_be_looked_at(client, invitation, refused):
    revoke(invitation)
    content = read(client.get(page(invitation)), 410)
    assert "See the result" in content
    assert "Correct the login" not in content


REPAIR_WORDS = {
    "used up": (fulfil, "The login it asked for has been given."),
    "revoked": (revoke, "It asked for the login of an account"),
    "expired": (
        lambda invitation: Invitation.objects.update(created_at="2020-01-01T00:00Z", expires_at="2020-02-01T00:00Z"),
        "If the login still does not work",
    ),
}


@pytest.mark.parametrize(("close", "words"), REPAIR_WORDS.values(), ids=REPAIR_WORDS)
def test_a_closed_invitation_to_repair_speaks_of_a_login_and_not_of_accounts(client, company, close, words):
    invitation = create_repair_invitation(make_connection(company), by=SYSTEM)
    close(invitation)
    content = read(client.get(page(invitation)), 410)
    assert words in content
    assert "for a new invitation" in content
    assert "connect another account" not in content.lower()
