"""Which browser it is: one that proves another address stays the one it was, and no other takes its place."""

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.exceptions import CodeExpired, LinkUsedInAnotherBrowser, WrongCode
from invitations.models import EmailProof, PersonalLink
from invitations.services.delivery.send import resend_invitation
from invitations.services.invitations import update_invitation
from invitations.services.verification.codes import check_code, request_code
from invitations.services.verification.proofs import find_proof, use_personal_link
from tests.factories import make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.clock import pass_time
from tests.invitations.test_personal_links import ANNA, BEN, at, links_of, press, reaches_the_form
from tests.invitations.test_verify_views import ask, digits, enter, words
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)


@pytest.fixture
def links(invitation):
    """Anna's and Ben's."""
    return links_of(invitation, ANNA)[0], links_of(invitation, BEN)[0]


def prove_by_code(client, invitation, email):
    """By the invitation's own link, as if no address had been proved."""
    secret = client.cookies.pop(f"proof-{invitation.pk.hex}", None)
    ask(client, invitation, email)
    if secret is not None:
        client.cookies[secret.key] = secret.value
    assert enter(client, invitation, digits(invitation)).status_code == 302


def secret_of(client, invitation):
    return client.cookies[f"proof-{invitation.pk.hex}"].value


def is_asked_for_a_code(client, link):
    return "This link was opened in another browser first." in words(press(client, link))


# --- a link of somebody else's ----------------------------------------------------------------------------


def test_by_a_link_of_another_address_one_goes_on_as_that_address(client, invitation, links):
    annas, bens = links
    press(client, annas)
    assert "Continue as b•••@example.com" in words(client.get(at(bens)))
    assert client.get(at(bens, "verify")).status_code == 200, "here a third address may be given"
    assert press(client, bens)["Location"] == at(bens, "connect")
    client.post(at(bens, "connect"), answers())
    assert Connection.objects.get().verified_email == BEN


def test_by_a_link_of_the_same_address_or_by_the_shared_one_one_just_goes_on(client, invitation, links):
    press(client, links[0])
    resend_invitation(invitation, by=SYSTEM)
    for path in (at(links_of(invitation)[1]), page(invitation)):
        assert "Continue as" not in words(client.get(path))
        assert client.get(f"{path}/verify")["Location"] == f"{path}/connect"


# --- the same browser -------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", [ANNA, BEN])
def test_the_browser_that_pressed_first_may_press_again_after_it_proved_an_address_by_a_code(
    client, invitation, links, email
):
    press(client, links[0])
    prove_by_code(client, invitation, email)
    assert press(client, links[0])["Location"] == at(links[0], "connect")


def test_it_may_press_all_its_links_in_turn(client, invitation, links):
    resend_invitation(invitation, by=SYSTEM)
    for link in [*links_of(invitation), *links, *links_of(invitation)]:
        assert press(client, link)["Location"] == at(link, "connect")


def test_it_may_do_so_long_after_its_proof_is_over(client, invitation, links):
    press(client, links[0])
    pass_time(days=20)
    prove_by_code(client, invitation, BEN)
    assert press(client, links[0])["Location"] == at(links[0], "connect")


# --- another browser --------------------------------------------------------------------------------------


def test_a_stranger_is_asked_for_a_code_however_often_the_browser_proved_itself(client, invitation, links):
    press(client, links[0])
    prove_by_code(client, invitation, BEN)
    press(client, links[0])
    assert is_asked_for_a_code(Client(), links[0])


def test_another_browser_does_not_become_the_first_by_a_code(client, invitation, links):
    press(client, links[0])
    second = Client()
    prove_by_code(second, invitation, ANNA)
    assert is_asked_for_a_code(second, links[0])
    assert press(client, links[0])["Location"] == at(links[0], "connect")


def test_what_the_browser_held_before_its_new_proof_is_worth_nothing(client, invitation, links):
    press(client, links[0])
    earlier = secret_of(client, invitation)
    prove_by_code(client, invitation, BEN)
    assert find_proof(invitation, earlier) is None
    assert [proof.email for proof in EmailProof.objects.all()] == [BEN]
    copy = Client()
    copy.cookies[f"proof-{invitation.pk.hex}"] = earlier
    assert not reaches_the_form(copy, links[0])
    assert is_asked_for_a_code(copy, links[0])


def test_a_cookie_that_somebody_slips_to_another_gives_them_nothing_of_theirs(client, invitation, links):
    annas, bens = links
    attacker = Client()
    press(attacker, bens)
    client.cookies[f"proof-{invitation.pk.hex}"] = secret_of(attacker, invitation)
    press(client, annas)
    assert not reaches_the_form(attacker, annas)
    assert is_asked_for_a_code(attacker, annas)


def test_a_proof_of_another_invitation_is_neither_taken_for_this_browsers_nor_ended(client, company, invitation, links):
    other = make_invitation(company, allowed_emails=[ANNA], send_email=True)
    (elsewhere,) = links_of(other)
    press(client, elsewhere)
    secret = secret_of(client, other)
    client.cookies[f"proof-{invitation.pk.hex}"] = secret
    press(client, links[0])
    assert find_proof(other, secret)
    assert PersonalLink.objects.get(pk=elsewhere.pk).proof


# --- at once ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_presses_codes_and_what_ends_them_never_wait_for_each_other():
    for _ in range(5):
        invitation = make_invitation(allowed_emails=[ANNA, BEN], send_email=True)
        for _ in range(7):
            resend_invitation(invitation, by=SYSTEM)
        links, secret = links_of(invitation), None
        for link in links:
            _, secret = use_personal_link(invitation, link, secret=secret)
        code = request_code(invitation, ANNA, client="somebody")

        def act(thread, invitation=invitation, links=links, secret=secret, code=code):
            if thread == 4:
                return update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])
            if thread % 3 == 0:
                held = secret if thread % 2 else None
                return check_code(invitation, ANNA, code.digits, client="somebody", secret=held)
            return use_personal_link(invitation, links[thread % len(links)], secret=secret)

        refused = (LinkUsedInAnotherBrowser, WrongCode, CodeExpired)
        outcomes = race(12, act)
        assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, refused)]
        assert not EmailProof.objects.filter(email=ANNA).exists()
        assert not PersonalLink.objects.filter(delivery__email=ANNA).exists()
