import re
import time
from types import SimpleNamespace

import pytest
from django.core import signing

from tests.factories import make_invitation
from tests.invitations.answers import page
from tests.invitations.clock import pass_time
from tests.invitations.contributor.steps import (
    ANNA,
    OTTO,
    enter_code,
    newest_code,
    request_code,
    visible_text,
    wrong_digits,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA])


def test_invalid_code_counts_no_try(client, invitation):
    request_code(client, invitation)
    response = enter_code(client, invitation, "12345")
    assert response.status_code == 200
    assert "Please check 1 thing" in visible_text(response)
    assert invitation.codes.get().tries == 0


def test_address_cookie_takes_any_script(client, company):
    invitation = make_invitation(company, allowed_emails=["x@日本.example"])
    response = request_code(client, invitation, "x@日本.example")
    response.cookies.output().encode("latin-1")  # the encoding of HTTP headers
    assert "x@日本.example" in visible_text(client.get(page(invitation, "code")))
    assert enter_code(client, invitation, newest_code(invitation).digits).status_code == 302


def test_code_field_supports_autofill(client, invitation):
    request_code(client, invitation)
    field = re.search('<input[^>]*name="code"[^>]*>', client.get(page(invitation, "code")).content.decode())[0]
    assert 'autocomplete="one-time-code"' in field
    assert 'inputmode="numeric"' in field
    assert 'type="text"' in field


def test_code_page_needs_an_address(client, invitation):
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")
    assert enter_code(client, invitation, "123456")["Location"] == page(invitation, "verify")


def test_wrong_old_and_exhausted_codes_differ(client, invitation):
    request_code(client, invitation)
    first = visible_text(enter_code(client, invitation, wrong_digits(invitation)))
    for _ in range(4):
        last = visible_text(enter_code(client, invitation, wrong_digits(invitation)))
    pass_time(minutes=11)
    old = visible_text(enter_code(client, invitation, wrong_digits(invitation)))
    told = [
        "That code is not right. Check the newest mail, then try again.",
        "There were too many wrong codes, so this one no longer works. Ask for a new one below.",
        "That code is too old. Ask for a new one below.",
    ]
    for text, sentence in zip((first, last, old), told, strict=True):
        assert [each for each in told if each in text] == [sentence]
        assert "Send another code" in text


def test_forged_address_cookie_is_ignored(client, invitation):
    client.cookies[f"address-{invitation.pk.hex}"] = ANNA
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")


def test_address_cookie_expires_after_an_hour(client, invitation, monkeypatch):
    request_code(client, invitation)
    assert client.cookies[f"address-{invitation.pk.hex}"]["max-age"] == 60 * 60
    later = time.time() + 60 * 60 + 1
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: later))
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")


def test_address_cookie_counts_for_one_invitation(client, invitation):
    other = make_invitation(invitation.company, allowed_emails=[OTTO])
    request_code(client, other, OTTO)
    client.cookies[f"address-{invitation.pk.hex}"] = client.cookies[f"address-{other.pk.hex}"].value
    assert client.get(page(invitation, "code"))["Location"] == page(invitation, "verify")
