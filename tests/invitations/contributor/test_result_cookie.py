from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.models import Use
from invitations.services.invitations import create_repair_invitation
from tests.factories import make_invitation
from tests.invitations.answers import page, saved
from tests.invitations.repairs import login, read

pytestmark = pytest.mark.django_db


SAVED = "What we saved"
NOTHING = "There is nothing more to see here"


def cookie_of(invitation):
    return f"result-{invitation.uses.latest('pk').pk.hex}"


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


def test_result_is_shown_for_a_day(client, invitation):
    saved(client, invitation)
    Use.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert NOTHING in read(client.get(page(invitation, "done")))


@pytest.mark.parametrize("value", ["", "x", "1.x", "1.", "\x00.a", "."])
def test_forged_cookie_shows_nothing(client, company, value):
    one, other = make_invitation(company), make_invitation(company)
    saved(client, one)
    saved(Client(), other)
    foreign = client.cookies[cookie_of(one)].value
    for forged in (value, foreign):
        stranger = Client()
        stranger.cookies[cookie_of(other)] = forged
        assert NOTHING in read(stranger.get(page(other, "done")))
        assert NOTHING in read(stranger.get(f"{page(other)}/done"))


def test_cookie_is_private(client, invitation, settings):
    settings.SECURE = True
    saved(client, invitation)
    cookie = client.cookies[cookie_of(invitation)]
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
    pages = [page(one, "done"), page(other, "done"), f"{page(one)}/done", f"{page(other)}/done"]
    assert ["first.utility.example" in read(stranger.get(path)) for path in pages] == [False] * 4


def test_cookie_of_another_repair_shows_nothing(client, broken):
    one, other = (create_repair_invitation(broken, by=SYSTEM) for _ in range(2))
    assert client.post(page(one, "connect"), login()).status_code == 302
    assert SAVED in read(client.get(page(one, "done")))
    assert NOTHING in read(client.get(page(other, "done")))
