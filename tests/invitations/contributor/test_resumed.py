"""Forms that come back from an error page with what was typed, except secrets."""

import re

import pytest
from django.db import OperationalError
from django.test import Client

from invitations.contributor import pages, verify
from tests.factories import make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved
from tests.invitations.contributor.steps import ANNA, tag, visible_text
from tests.invitations.contributor.typed import TYPED, values
from tests.invitations.repairs import found, login, read

pytestmark = pytest.mark.django_db


def fail(*args, **kwargs):
    raise OperationalError


def hidden(content):
    """Fields of the form on an error page."""
    return re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"', content)


def test_form_comes_back_after_outage(client, company, monkeypatch):
    invitation = make_invitation(company)
    form = answers(**TYPED | {"provider": "a.example/?q=<b>"}, account_number="1234567")

    with monkeypatch.context() as patch:
        patch.setattr(pages, "redeem_invitation", fail)
        content = read(client.post(page(invitation, "connect"), form), 503)
    fields = dict(hidden(content))
    assert fields["utility_types"] == "WATER"
    assert (fields["provider"], fields["username"]) == ("a.example/?q=&lt;b&gt;", form["username"])
    assert not [secret for secret in (PASSWORD, form["account_number"]) if secret in content]

    back = client.post(
        page(invitation, "connect"), fields | {"utility_types": TYPED["utility_types"]} | {"provider": "a.example"}
    )
    content = read(back)
    assert values(content) == TYPED | {"provider": "a.example"}
    assert "The form was not sent" in visible_text(back)
    assert ("Please check" in content, tag(content, "username")) == (False, tag(content, "username"))
    assert f'value="{form["username"]}"' in tag(content, "username")
    assert f'value="{form["form_id"]}"' in tag(content, "form_id")
    saved(client, invitation, **form | {"provider": "a.example"})


def test_csrf_failure_keeps_form_of_own_page(company):
    invitation = make_invitation(company)
    client = Client(enforce_csrf_checks=True)
    shown = {}
    for name, headers in {
        "own page": {"Sec-Fetch-Site": "same-origin"},
        "own origin": {"Origin": "http://testserver"},
        "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        "unknown": {},
    }.items():
        content = read(client.post(page(invitation, "connect"), answers(**TYPED), headers=headers), 403)
        shown[name] = ("provider", "Anna’s Energy") in hidden(content)
        assert PASSWORD not in content
    assert shown == {"own page": True, "own origin": True, "another site": False, "unknown": False}


def test_address_comes_back_after_outage(client, company, monkeypatch):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    with monkeypatch.context() as patch:
        patch.setattr(verify, "request_code", fail)
        content = read(client.post(page(invitation, "verify"), {"email": ANNA}), 503)
    assert ("except your password" in content, dict(hidden(content))) == (False, {"resumed": "1", "email": ANNA})
    assert ANNA in tag(read(client.post(page(invitation, "verify"), dict(hidden(content)))), "email")
    assert not invitation.codes.exists()


def test_form_without_cookies_comes_back_in_frame(company):
    company.partner.embedding_origins = ["https://portal.example.com"]
    company.partner.save()
    client = Client(enforce_csrf_checks=True)
    headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
    content = read(client.post(page(make_invitation(company), "connect"), answers(**TYPED), headers=headers), 403)
    assert (dict(hidden(content))["owner_email"], PASSWORD in content) == (TYPED["owner_email"], False)


def test_repairs_and_corrections_come_back(client, to_repair):
    kept = login(resumed="1", password="")
    saved(client, to_repair, provider=None)
    found(to_repair.connection)
    for name in ("connect", "correct"):
        response = client.post(page(to_repair, name), kept)
        content = read(response)
        assert f'value="{kept["username"]}"' in tag(content, "username"), name
        assert ("The form was not sent" in visible_text(response), "field--error" in content) == (True, False), name
