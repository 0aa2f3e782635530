import re

import pytest
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.models import EmailProof
from invitations.services.invitations import revoke_invitation, rotate_invitation, update_invitation
from tests.factories import make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.clock import pass_time
from tests.invitations.contributor.steps import (
    ANNA,
    OTTO,
    enter_code,
    newest_code,
    request_code,
    request_code_twice,
    visible_text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA])


def test_address_and_code_lead_to_form(client, invitation):
    assert client.get(page(invitation, "connect"))["Location"] == page(invitation, "verify")
    assert request_code(client, invitation)["Location"] == page(invitation, "code")
    assert enter_code(client, invitation, newest_code(invitation).digits)["Location"] == page(invitation, "connect")
    assert client.get(page(invitation, "connect")).status_code == 200
    assert client.get(page(invitation, "verify"))["Location"] == page(invitation, "connect")


def test_address_is_normalized(client, invitation):
    request_code(client, invitation, " Anna@ｅxample.com")
    assert invitation.codes.get().email == ANNA
    assert enter_code(client, invitation, newest_code(invitation).digits).status_code == 302


def test_invalid_address_requests_no_code(client, invitation):
    response = request_code(client, invitation, "anna@")
    assert response.status_code == 200
    assert "Enter " in visible_text(response)
    assert not invitation.codes.exists()


def test_address_field_supports_autofill(client, invitation):
    content = client.get(page(invitation, "verify")).content.decode()
    field = re.search('<input[^>]*name="email"[^>]*>', content)[0]
    assert 'type="email"' in field
    assert 'autocomplete="email"' in field


def test_open_invitation_skips_verify(client, company):
    invitation = make_invitation(company)
    assert client.get(page(invitation, "verify"))["Location"] == page(invitation, "connect")
    assert request_code(client, invitation)["Location"] == page(invitation, "connect")
    assert not invitation.codes.exists()


@pytest.mark.parametrize("name", ["verify", "code"])
def test_closed_invitation_closes_verification(client, invitation, name):
    request_code(client, invitation)
    revoke_invitation(invitation, by=SYSTEM)
    for response in (client.get(page(invitation, name)), client.post(page(invitation, name), {"code": "123456"})):
        assert response.status_code == 410
        assert "revoked" in visible_text(response)


@pytest.mark.parametrize("name", ["verify", "code"])
def test_get_sends_and_tries_nothing(client, invitation, name):
    request_code(client, invitation)
    for _ in range(3):
        client.get(page(invitation, name), {"email": ANNA, "code": newest_code(invitation).digits})
        client.head(page(invitation, name))
    assert invitation.codes.get().tries == 0
    assert not EmailProof.objects.exists()


def test_request_too_soon_shows_wait(client, invitation):
    response = request_code_twice(client, invitation)[1]
    assert "Please wait 30 seconds, then try again." in visible_text(response)
    assert f'href="{page(invitation, "code")}"' in response.content.decode()
    assert f'value="{ANNA}"' in response.content.decode()


def test_code_page_is_offered_after_request(client, invitation):
    assert page(invitation, "code") not in request_code(client, invitation, "nothing").content.decode()


IS_OVER = "do not find it there again, please type it once more"


AGED, ENDED = "You verified your address here more than 2 hours ago.", "Your address is not verified any more."


def test_expired_proof_is_explained(client, invitation):
    request_code(client, invitation)
    enter_code(client, invitation, newest_code(invitation).digits)
    pass_time(hours=2.1)
    told = visible_text(client.post(page(invitation, "connect"), answers(), follow=True))
    assert AGED in told
    assert "What you typed into the form is kept, except the login." in told
    assert not Connection.objects.exists()


def test_new_browser_gets_no_explanation(client, invitation):
    assert IS_OVER not in visible_text(client.get(page(invitation, "connect"), follow=True))
    request_code(client, invitation)
    assert IS_OVER not in visible_text(client.get(page(invitation, "verify")))


def test_removed_address_has_its_explanation(client, invitation):
    request_code(client, invitation)
    enter_code(client, invitation, newest_code(invitation).digits)
    pass_time(hours=1.9)
    update_invitation(invitation, by=SYSTEM, allowed_emails=[OTTO])
    told = visible_text(client.get(page(invitation, "verify")))
    assert (AGED in told, ENDED in told) == (False, True)


def test_rotated_link_has_its_explanation(client, invitation):
    request_code(client, invitation)
    enter_code(client, invitation, newest_code(invitation).digits)
    told = visible_text(client.get(page(rotate_invitation(invitation, by=SYSTEM), "verify")))
    assert (AGED in told, ENDED in told) == (False, True)


def test_form_error_replaces_explanation(client, invitation):
    client.cookies[f"proof-{invitation.pk.hex}"] = "of a proof that was forgotten"
    assert ENDED in visible_text(client.get(page(invitation, "verify")))
    assert IS_OVER not in visible_text(request_code(client, invitation, "nobody"))


def test_proof_counts_in_its_browser(client, invitation):
    request_code(client, invitation)
    enter_code(client, invitation, newest_code(invitation).digits)
    assert Client().get(page(invitation, "connect"))["Location"] == page(invitation, "verify")


def test_cookies_are_private(client, invitation):
    cookies = [*request_code(client, invitation).cookies.values()]
    cookies += enter_code(client, invitation, newest_code(invitation).digits).cookies.values()
    ours = [cookie for cookie in cookies if cookie.key.startswith(("proof", "address")) and cookie.value]
    assert len(ours) == 2
    for cookie in ours:
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/p/i/", True, "Lax")
        assert ANNA not in cookie.value


def test_cookies_are_secure_with_tls(client, invitation, settings):
    settings.SECURE = True
    cookies = [*request_code(client, invitation).cookies.values()]
    cookies += enter_code(client, invitation, newest_code(invitation).digits).cookies.values()
    ours = [cookie for cookie in cookies if cookie.key.startswith(("proof", "address")) and cookie.value]
    assert [cookie["secure"] for cookie in ours] == [True, True]


def test_removed_address_loses_proof_for_good(client, invitation):
    request_code(client, invitation)
    enter_code(client, invitation, newest_code(invitation).digits)
    for emails in ([OTTO], [OTTO, ANNA]):
        update_invitation(invitation, by=SYSTEM, allowed_emails=emails)
        assert client.get(page(invitation, "connect"))["Location"] == page(invitation, "verify")


def test_forged_post_sends_and_tries_nothing(invitation):
    client = Client(enforce_csrf_checks=True)
    assert request_code(client, invitation).status_code == 403
    assert enter_code(client, invitation, "123456").status_code == 403
    assert not invitation.codes.exists()
