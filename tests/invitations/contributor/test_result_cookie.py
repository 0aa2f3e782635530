from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from companies.actors import SYSTEM
from connections.models import Connection
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.repairs import login, read

pytestmark = pytest.mark.django_db


SAVED = "What we saved"
NOTHING = "There is nothing more to see here"


def test_another_browser_sees_nothing(client, invitation):
    saved(client, invitation)
    content = read(Client().get(page(invitation, "done")))
    assert NOTHING in content
    assert "portal.utility.example" not in content


def test_browser_without_cookie_sees_nothing(client, invitation):
    assert NOTHING in read(client.get(page(invitation, "done")))


def test_cookie_counts_for_one_invitation(client, company):
    one, other = make_invitation(company), make_invitation(company)
    saved(client, one)
    saved(Client(), other)
    assert NOTHING in read(client.get(page(other, "done")))
    assert SAVED in read(client.get(page(one, "done")))


def test_cookie_expires_after_a_day(client, invitation, monkeypatch):
    saved(client, invitation)
    tomorrow = signing.time.time() + timedelta(days=1, seconds=1).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: tomorrow)
    assert NOTHING in read(client.get(page(invitation, "done")))


@pytest.mark.parametrize("forge", [lambda pk: pk, lambda pk: f"{pk}:1abcde:x", lambda pk: "", lambda pk: "\x00:a:b"])
def test_forged_cookie_shows_nothing(client, invitation, forge):
    saved(client, invitation)
    stranger = Client()
    stranger.cookies["result"] = forge(str(Connection.objects.get().pk))
    assert NOTHING in read(stranger.get(page(invitation, "done")))


def test_cookie_is_private(client, invitation, settings):
    settings.SECURE = True
    saved(client, invitation)
    cookie = client.cookies["result"]
    assert (cookie["path"], cookie["samesite"]) == ("/p/i/", "Lax")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["max-age"] == 24 * 60 * 60


def test_known_form_id_gives_no_cookie(client, company):
    form_id = str(uuid4())
    one, other = make_invitation(company), make_invitation(company)
    saved(client, one, form_id=form_id, provider="first.utility.example")
    stranger = Client()
    saved(stranger, other, form_id=form_id, provider="second.utility.example")
    assert "first.utility.example" not in read(stranger.get(page(one, "done"))) + read(
        stranger.get(page(other, "done"))
    )


def test_cookie_of_another_repair_shows_nothing(client, broken):
    one, other = (create_repair_invitation(broken, by=SYSTEM) for _ in range(2))
    assert client.post(page(one, "connect"), login()).status_code == 302
    assert SAVED in read(client.get(page(one, "done")))
    assert NOTHING in read(client.get(page(other, "done")))
