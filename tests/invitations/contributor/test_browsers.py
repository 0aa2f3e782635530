"""A personal link belongs to the browser that used it first."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.exceptions import CodeExpired, LinkUsedInAnotherBrowser, WrongCode
from invitations.models import EmailProof, PersonalLink
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import update_invitation
from invitations.services.verification import codes
from invitations.services.verification.codes import check_code
from invitations.services.verification.proofs import find_proof, use_personal_link
from tests.factories import make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.clock import pass_time
from tests.invitations.contributor.steps import (
    ANNA,
    BEN,
    accept,
    at,
    enter_code,
    links_of,
    newest_code,
    reaches_form,
    request_code,
    visible_text,
)
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)


@pytest.fixture
def links(invitation):
    return links_of(invitation, ANNA)[0], links_of(invitation, BEN)[0]


def verify_by_code(client, invitation, email):
    """Verify by the shared link, as a browser without a proof."""
    secret = client.cookies.pop(f"proof-{invitation.pk.hex}", None)
    request_code(client, invitation, email)
    if secret is not None:
        client.cookies[secret.key] = secret.value
    assert enter_code(client, invitation, newest_code(invitation).digits).status_code == 302


def proof_secret(client, invitation):
    return client.cookies[f"proof-{invitation.pk.hex}"].value.rpartition(".")[2]


def needs_a_code(client, link):
    return "This link was opened in another browser first." in visible_text(accept(client, link))


def test_link_of_another_address_verifies_it(client, invitation, links):
    annas, bens = links
    accept(client, annas)
    assert "Continue as b•••@example.com" in visible_text(client.get(at(bens)))
    assert client.get(at(bens, "verify")).status_code == 200, "here a third address may be given"
    assert accept(client, bens)["Location"] == at(bens, "connect")
    client.post(at(bens, "connect"), answers())
    assert Connection.objects.get().verified_email == BEN


def test_link_of_same_address_needs_no_button(client, invitation, links):
    accept(client, links[0])
    resend_invitation(invitation, by=SYSTEM)
    for path in (at(links_of(invitation)[1]), page(invitation)):
        assert "Continue as" not in visible_text(client.get(path))
        assert client.get(f"{path}/verify")["Location"] == f"{path}/connect"


@pytest.mark.parametrize("email", [ANNA, BEN])
def test_first_browser_may_press_after_code(client, invitation, links, email):
    accept(client, links[0])
    verify_by_code(client, invitation, email)
    assert accept(client, links[0])["Location"] == at(links[0], "connect")


def test_browser_may_press_all_its_links(client, invitation, links):
    resend_invitation(invitation, by=SYSTEM)
    for link in [*links_of(invitation), *links, *links_of(invitation)]:
        assert accept(client, link)["Location"] == at(link, "connect")


def test_first_browser_may_press_after_expiry(client, invitation, links):
    accept(client, links[0])
    pass_time(days=20)
    verify_by_code(client, invitation, BEN)
    assert accept(client, links[0])["Location"] == at(links[0], "connect")


def test_stranger_always_needs_a_code(client, invitation, links):
    accept(client, links[0])
    verify_by_code(client, invitation, BEN)
    accept(client, links[0])
    assert needs_a_code(Client(), links[0])


def test_code_does_not_make_first_browser(client, invitation, links):
    accept(client, links[0])
    second = Client()
    verify_by_code(second, invitation, ANNA)
    assert needs_a_code(second, links[0])
    assert accept(client, links[0])["Location"] == at(links[0], "connect")


def test_replaced_secret_is_worthless(client, invitation, links):
    accept(client, links[0])
    earlier = proof_secret(client, invitation)
    verify_by_code(client, invitation, BEN)
    assert find_proof(invitation, earlier) is None
    assert [proof.email for proof in EmailProof.objects.all()] == [BEN]
    copy = Client()
    copy.cookies[f"proof-{invitation.pk.hex}"] = earlier
    assert not reaches_form(copy, links[0])
    assert needs_a_code(copy, links[0])


def test_planted_cookie_gives_attacker_nothing(client, invitation, links):
    annas, bens = links
    attacker = Client()
    accept(attacker, bens)
    client.cookies[f"proof-{invitation.pk.hex}"] = proof_secret(attacker, invitation)
    accept(client, annas)
    assert not reaches_form(attacker, annas)
    assert needs_a_code(attacker, annas)


def test_proof_of_another_invitation_is_kept(client, company, invitation, links):
    other = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    (elsewhere,) = links_of(other)
    accept(client, elsewhere)
    secret = proof_secret(client, other)
    client.cookies[f"proof-{invitation.pk.hex}"] = secret
    accept(client, links[0])
    assert find_proof(other, secret)
    assert PersonalLink.objects.get(pk=elsewhere.pk).proof


@pytest.mark.django_db(transaction=True)
def test_presses_codes_and_removal_never_deadlock():
    for _ in range(5):
        invitation = make_invitation(allowed_emails=[ANNA, BEN], send_email=True)
        for _ in range(7):
            resend_invitation(invitation, by=SYSTEM)
        links, secret = links_of(invitation), None
        for link in links:
            _, secret = use_personal_link(invitation, link, secret=secret)
        code = codes.request_code(invitation, ANNA, client="visitor")
        codes.send_code(code.pk)

        def act(thread, invitation=invitation, links=links, secret=secret, code=code):
            if thread == 4:
                return update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])
            if thread % 3 == 0:
                held = secret if thread % 2 else None
                return check_code(invitation, ANNA, code.digits, requested=[code.pk], secret=held)
            return use_personal_link(invitation, links[thread % len(links)], secret=secret)

        refused = (LinkUsedInAnotherBrowser, WrongCode, CodeExpired)
        outcomes = race(12, act)
        assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, refused)]
        assert not EmailProof.objects.filter(email=ANNA).exists()
        assert not PersonalLink.objects.filter(delivery__email=ANNA).exists()
