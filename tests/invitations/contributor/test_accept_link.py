import pytest
from django.test import Client

from companies.actors import SYSTEM
from invitations.models import EmailProof, EventType, PersonalLink
from invitations.services.delivery.send import resend_invitation
from tests.clock import stopped_at
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.contributor.steps import (
    ANNA,
    BEN,
    accept,
    at,
    links_of,
    mail_codes,
    newest_code,
    reaches_form,
    visible_text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)


@pytest.fixture
def link(invitation):
    return links_of(invitation)[0]


def test_page_masks_address_of_link(client, link):
    content = client.get(at(link)).content.decode()
    assert "Continue as a•••@example.com" in content
    assert ANNA not in content
    assert f'action="{at(link, "accept_link")}"' in content


@pytest.mark.parametrize("name", ["", "verify", "code", "connect"])
def test_full_address_is_hidden_before_proof(client, link, name):
    client.post(at(link, "verify"))
    response = client.get(at(link, name), follow=True)
    assert ANNA not in response.content.decode() + str(response.headers) + str(client.cookies)


def test_button_verifies_address(client, invitation, link):
    response = accept(client, link)
    assert response["Location"] == at(link, "connect")
    assert reaches_form(client, link)
    proof = EmailProof.objects.get()
    assert (proof.invitation, proof.email) == (invitation, ANNA)
    (event,) = invitation.events.filter(type=EventType.EMAIL_VERIFIED)
    assert (event.email, event.actor, event.detail) == (ANNA, "CONTRIBUTOR", {"means": "link"})
    assert "Continue as" not in visible_text(client.get(at(link)))
    accept(client, link)
    assert invitation.events.get(type=EventType.EMAIL_VERIFIED).detail["count"] == 2, "one row per hour"


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_verifies(client, link, method):
    for _ in range(2):
        getattr(client, method)(at(link))
        assert getattr(client, method)(at(link, "accept_link")).status_code in (302, 405)
    assert not EmailProof.objects.exists()
    assert PersonalLink.objects.get(pk=link.pk).used_at is None


def test_forged_post_verifies_nothing(link):
    assert accept(Client(enforce_csrf_checks=True), link).status_code == 403
    assert not EmailProof.objects.exists()


def test_shared_link_has_no_button(client, invitation):
    path = f"/p/i/{invitation.token}"
    assert "Continue as" not in visible_text(client.get(path))
    assert client.post(f"{path}/accept_link")["Location"] == f"{path}/verify"
    assert not EmailProof.objects.exists()


def test_same_browser_may_press_again(client, link):
    for _ in range(3):
        assert accept(client, link)["Location"] == at(link, "connect")
    pass_time(hours=3)
    assert not reaches_form(client, link)
    assert accept(client, link)["Location"] == at(link, "connect")
    assert reaches_form(client, link)


def test_second_browser_needs_a_code(client, invitation, link):
    accept(client, link)
    second = Client()
    response = accept(second, link)
    assert "This link was opened in another browser first." in visible_text(response)
    assert "Send a code to a•••@example.com" in visible_text(response)
    assert not reaches_form(second, link)

    assert second.post(at(link, "verify"))["Location"] == at(link, "code")
    mail_codes(invitation)
    assert "a•••@example.com" in visible_text(second.get(at(link, "code")))
    assert invitation.codes.get().email == ANNA
    assert second.post(at(link, "code"), {"code": newest_code(invitation).digits})["Location"] == at(link, "connect")
    assert reaches_form(second, link)
    assert reaches_form(client, link), "the first keeps its own"


def test_code_request_too_soon_shows_wait(client, invitation, link):
    client.post(at(link, "verify"))
    with stopped_at(invitation.codes.get().created_at):
        response = client.post(at(link, "verify"))
    content = response.content.decode()
    assert "Please wait 30 seconds, then try again." in visible_text(response)
    assert f'<a href="{at(link, "code")}">Enter a code you have</a>' in content
    assert (response.status_code, response["Retry-After"]) == (429, "30")
    assert "(optional)" not in content
    assert "Please check" not in content
    assert 'aria-invalid="true"' not in content


def test_second_browser_may_verify_another_address(client, invitation, link):
    accept(client, link)
    second = Client()
    assert second.post(at(link, "verify"), {"email": BEN})["Location"] == at(link, "code")
    assert BEN in visible_text(second.get(at(link, "code")))
    mail_codes(invitation)
    second.post(at(link, "code"), {"code": newest_code(invitation).digits})
    assert EmailProof.objects.filter(email=BEN).count() == 1
    assert reaches_form(second, link)


def test_button_overrides_typed_address(client, invitation, link):
    client.post(at(link, "verify"), {"email": BEN})
    client.post(at(link, "verify"))
    mail_codes(invitation)
    assert list(invitation.codes.order_by("pk").values_list("email", flat=True)) == [BEN, ANNA]
    assert "a•••@example.com" in visible_text(client.get(at(link, "code")))
    client.post(at(link, "code"), {"code": newest_code(invitation).digits})
    assert EmailProof.objects.get().email == ANNA


def test_fixed_cookie_is_replaced(client, invitation, link):
    name = f"proof-{invitation.pk.hex}"
    client.cookies[name] = "known value"
    accept(client, link)
    assert client.cookies[name].value != "known value"
    attacker = Client()
    attacker.cookies[name] = "known value"
    assert not reaches_form(attacker, link)


def test_each_proof_has_its_secret(client, invitation, link):
    name = f"proof-{invitation.pk.hex}"
    secrets = set()
    for _ in range(3):
        accept(client, link)
        secrets.add(client.cookies[name].value)
    assert len(secrets) == 3


def test_resend_keeps_earlier_link(client, invitation, link):
    resend_invitation(invitation, by=SYSTEM)
    first, second = links_of(invitation)
    assert (first, first.token != second.token) == (link, True)
    for each in (first, second):
        assert accept(Client(), each)["Location"] == at(each, "connect")
