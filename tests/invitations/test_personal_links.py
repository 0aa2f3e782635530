"""The link that a mail carries: whose it is, in which browser, and how it ends."""

import json
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import EmailProof, EventType, Invitation, PersonalLink
from invitations.services import invitations as services
from invitations.services.delivery.send import resend_invitation
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.answers import answers
from tests.invitations.clock import pass_time
from tests.invitations.test_verify_views import digits, words

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)


@pytest.fixture
def link(invitation):
    return links_of(invitation)[0]


def links_of(invitation, email=ANNA):
    return list(PersonalLink.objects.filter(delivery__invitation=invitation, delivery__email=email).order_by("pk"))


def at(link, name=""):
    return f"/p/i/{link.token}" + (f"/{name}" if name else "")


def press(client, link):
    return client.post(at(link, "accept_link"))


def reaches_the_form(client, link):
    return client.get(at(link, "connect")).status_code == 200


# --- whose it is ------------------------------------------------------------------------------------------


def test_the_page_names_the_address_for_its_owner_and_not_for_a_stranger(client, link):
    content = client.get(at(link)).content.decode()
    assert "Continue as a•••@example.com" in content
    assert ANNA not in content
    assert f'action="{at(link, "accept_link")}"' in content


@pytest.mark.parametrize("name", ["", "verify", "code", "connect"])
def test_the_address_in_full_is_on_no_page_that_comes_before_the_proof(client, link, name):
    client.post(at(link, "verify"))
    response = client.get(at(link, name), follow=True)
    assert ANNA not in response.content.decode() + str(response.headers) + str(client.cookies)


def test_pressing_the_button_proves_the_address(client, invitation, link):
    response = press(client, link)
    assert response["Location"] == at(link, "connect")
    assert reaches_the_form(client, link)
    proof = EmailProof.objects.get()
    assert (proof.invitation, proof.email) == (invitation, ANNA)
    (event,) = invitation.events.filter(type=EventType.EMAIL_VERIFIED)
    assert (event.email, event.actor, event.detail) == (ANNA, "CONTRIBUTOR", {"means": "link"})
    assert "Continue as" not in words(client.get(at(link)))


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_nothing_but_the_button_proves(client, link, method):
    for _ in range(2):
        getattr(client, method)(at(link))
        assert getattr(client, method)(at(link, "accept_link")).status_code in (302, 405)
    assert not EmailProof.objects.exists()
    assert PersonalLink.objects.get(pk=link.pk).used_at is None


def test_a_forged_press_from_elsewhere_proves_nothing(link):
    assert press(Client(enforce_csrf_checks=True), link).status_code == 403
    assert not EmailProof.objects.exists()


def test_the_invitations_own_link_has_no_such_button(client, invitation):
    path = f"/p/i/{invitation.token}"
    assert "Continue as" not in words(client.get(path))
    assert client.post(f"{path}/accept_link")["Location"] == f"{path}/verify"
    assert not EmailProof.objects.exists()


# --- in which browser -------------------------------------------------------------------------------------


def test_the_same_browser_may_press_again(client, link):
    for _ in range(3):
        assert press(client, link)["Location"] == at(link, "connect")
    pass_time(hours=3)
    assert not reaches_the_form(client, link)
    assert press(client, link)["Location"] == at(link, "connect")
    assert reaches_the_form(client, link)


def test_a_second_browser_is_asked_for_a_code_which_goes_to_the_links_address(client, invitation, link):
    press(client, link)
    second = Client()
    response = press(second, link)
    assert "This link was opened in another browser first." in words(response)
    assert "Send a code to a•••@example.com" in words(response)
    assert not reaches_the_form(second, link)

    assert second.post(at(link, "verify"))["Location"] == at(link, "code")
    assert "a•••@example.com" in words(second.get(at(link, "code")))
    assert invitation.codes.get().email == ANNA
    assert second.post(at(link, "code"), {"code": digits(invitation)})["Location"] == at(link, "connect")
    assert reaches_the_form(second, link)
    assert reaches_the_form(client, link), "the first keeps its own"


def test_who_asks_too_soon_is_told_so_above_the_forms_and_finds_the_way_back(client, invitation, link):
    client.post(at(link, "verify"))
    with stopped_at(invitation.codes.get().created_at):
        response = client.post(at(link, "verify"))
    content = response.content.decode()
    assert "That was too often. Please try again in 30 seconds." in words(response)
    assert f'<a href="{at(link, "code")}">Enter a code you have</a>' in content
    assert "(optional)" not in content
    assert "Please check" not in content
    assert 'aria-invalid="true"' not in content


def test_at_the_second_browser_another_address_will_do_as_well(client, invitation, link):
    press(client, link)
    second = Client()
    assert second.post(at(link, "verify"), {"email": BEN})["Location"] == at(link, "code")
    assert BEN in words(second.get(at(link, "code")))
    second.post(at(link, "code"), {"code": digits(invitation)})
    assert EmailProof.objects.filter(email=BEN).count() == 1
    assert reaches_the_form(second, link)


def test_the_button_for_the_links_address_wins_over_what_was_typed_before(client, invitation, link):
    client.post(at(link, "verify"), {"email": BEN})
    client.post(at(link, "verify"))
    assert list(invitation.codes.order_by("pk").values_list("email", flat=True)) == [BEN, ANNA]
    assert "a•••@example.com" in words(client.get(at(link, "code")))
    client.post(at(link, "code"), {"code": digits(invitation)})
    assert EmailProof.objects.get().email == ANNA


def test_a_cookie_that_somebody_fixed_beforehand_is_worth_nothing(client, invitation, link):
    name = f"proof-{invitation.pk.hex}"
    client.cookies[name] = "known to somebody"
    press(client, link)
    assert client.cookies[name].value != "known to somebody"
    attacker = Client()
    attacker.cookies[name] = "known to somebody"
    assert not reaches_the_form(attacker, link)


def test_each_proof_has_a_secret_of_its_own(client, invitation, link):
    name = f"proof-{invitation.pk.hex}"
    secrets = set()
    for _ in range(3):
        press(client, link)
        secrets.add(client.cookies[name].value)
    assert len(secrets) == 3


# --- rounds -----------------------------------------------------------------------------------------------


def test_sending_again_keeps_the_earlier_link_alive(client, invitation, link):
    resend_invitation(invitation, by=SYSTEM)
    first, second = links_of(invitation)
    assert (first, first.token != second.token) == (link, True)
    for each in (first, second):
        assert press(Client(), each)["Location"] == at(each, "connect")


# --- how it ends ------------------------------------------------------------------------------------------


def revoke(invitation):
    services.revoke_invitation(invitation, by=SYSTEM)


def expire(invitation):
    Invitation.objects.update(
        created_at=F("created_at") - timedelta(days=2), expires_at=F("created_at") - timedelta(days=1)
    )


def fulfil(invitation):
    Invitation.objects.update(max_uses=1, use_count=1)


def rotate(invitation):
    services.rotate_invitation(invitation, by=SYSTEM)


def remove(invitation):
    services.update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])


ENDS = {"revoked": (revoke, 410), "expired": (expire, 410), "used up": (fulfil, 410), "rotated": (rotate, 404)}
ENDS["taken off"] = (remove, 404)


@pytest.mark.parametrize(("end", "status"), ENDS.values(), ids=ENDS)
def test_it_ends_at_once_in_every_browser(client, invitation, link, end, status):
    press(client, link)
    client.get(at(link, "connect"))
    end(invitation)
    for browser in (client, Client()):
        for name in ("", "verify", "code", "connect"):
            assert browser.get(at(link, name), follow=True).status_code == status
            posted = browser.post(at(link, name), answers(code="123456"), follow=True)
            assert posted.status_code == (status if name else 405)
        assert press(browser, link).status_code == status
    assert not Connection.objects.exists()


@pytest.mark.parametrize("end", [rotate, remove])
def test_the_proof_ends_with_it_and_opens_the_invitations_own_link_no_more(client, invitation, link, end):
    press(client, link)
    end(invitation)
    invitation.refresh_from_db()
    own = f"/p/i/{invitation.token}"
    assert client.get(f"{own}/connect")["Location"] == f"{own}/verify"
    assert client.post(f"{own}/connect", answers())["Location"] == f"{own}/verify"
    assert not Connection.objects.exists()


def test_what_has_ended_does_not_come_back_with_the_address(client, invitation, link):
    press(client, link)
    remove(invitation)
    services.update_invitation(invitation, by=SYSTEM, allowed_emails=[ANNA, BEN])
    assert client.get(at(link)).status_code == 404
    assert client.get(f"/p/i/{invitation.token}/connect").status_code == 302


def test_the_others_keep_theirs_when_an_address_is_taken_off(invitation):
    other, browser = links_of(invitation, BEN)[0], Client()
    press(browser, other)
    remove(invitation)
    assert reaches_the_form(browser, other)
    assert press(browser, other).status_code == 302


def test_links_stay_when_the_invitation_is_opened_to_everybody(client, invitation, link):
    services.update_invitation(invitation, by=SYSTEM, allowed_emails=[])
    assert reaches_the_form(client, link)
    assert "Continue as" not in words(client.get(at(link)))


def test_a_link_that_ends_while_its_button_is_pressed_is_refused_in_words(client, link, monkeypatch):
    visit = "invitations.contributor.verify.use_personal_link"
    from invitations.services.verification.proofs import use_personal_link

    def late(*arguments, **named):
        PersonalLink.objects.all().delete()
        return use_personal_link(*arguments, **named)

    monkeypatch.setattr(visit, late)
    response = press(client, link)
    assert (response.status_code, "This link has ended." in words(response)) == (200, True)
    assert not EmailProof.objects.exists()


# --- never told -------------------------------------------------------------------------------------------


def test_no_answer_of_the_api_has_a_personal_link(api, company):
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
