from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from connections.models import Connection
from tests.factories import make_invitation
from tests.invitations.answers import answers, page

pytestmark = pytest.mark.django_db


SAVED = "What we saved"


NOTHING = "There is nothing more to see here"


def connect(client, invitation, **changes):
    assert client.post(page(invitation, "connect"), answers(**changes)).status_code == 302


def done(client, invitation):
    response = client.get(page(invitation, "done"))
    assert response.status_code == 200
    return response.content.decode()


def test_another_browser_sees_nothing(client, invitation):
    connect(client, invitation)
    content = done(Client(), invitation)
    assert NOTHING in content
    assert "portal.utility.example" not in content


def test_browser_without_cookie_sees_nothing(client, invitation):
    assert NOTHING in done(client, invitation)


def test_cookie_counts_for_one_invitation(client, company):
    one, other = make_invitation(company), make_invitation(company)
    connect(client, one)
    connect(Client(), other)
    assert NOTHING in done(client, other)
    assert SAVED in done(client, one)


def test_cookie_expires_after_a_day(client, invitation, monkeypatch):
    connect(client, invitation)
    tomorrow = signing.time.time() + timedelta(days=1, seconds=1).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: tomorrow)
    assert NOTHING in done(client, invitation)


@pytest.mark.parametrize("forge", [lambda pk: pk, lambda pk: f"{pk}:1abcde:x", lambda pk: "", lambda pk: "\x00:a:b"])
def test_forged_cookie_shows_nothing(client, invitation, forge):
    connect(client, invitation)
    stranger = Client()
    stranger.cookies["result"] = forge(str(Connection.objects.get().pk))
    assert NOTHING in done(stranger, invitation)


def test_cookie_is_private(client, invitation, settings):
    settings.SECURE = True
    connect(client, invitation)
    cookie = client.cookies["result"]
    assert (cookie["path"], cookie["samesite"]) == ("/p/i/", "Lax")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["max-age"] == 24 * 60 * 60


def test_known_form_id_gives_no_cookie(client, company):
    form_id = str(uuid4())
    one, other = make_invitation(company), make_invitation(company)
    connect(client, one, form_id=form_id, provider="first.utility.example")
    stranger = Client()
    connect(stranger, other, form_id=form_id, provider="second.utility.example")
    assert "first.utility.example" not in done(stranger, one) + done(stranger, other)
