"""An account that the invitation connected before is connected again only after a question."""

import re

import pytest
from django.test import Client

from connections.models.status import Status
from tests.factories import DatasourceFactory, make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved, stored, submit
from tests.invitations.repairs import found, login, opened, read

pytestmark = pytest.mark.django_db

ASKED = "You have already connected this account"
OF_OTHERS = "This account is connected already"


def choice(content):
    """The value of the box that confirms."""
    return re.search(r'<input type="checkbox" name="again" value="([\w-]+)"', content)[1]


def test_same_account_asks_first(client, company):
    invitation = make_invitation(company, max_uses=3)
    found(saved(client, invitation))
    content = read(submit(client, invitation, username=" RiverSide ", country="FR"))
    assert ASKED in content
    assert "The provider refused the login" in content
    assert f'href="{page(invitation, "correct")}"' in content
    assert ('value=" RiverSide "' in content, PASSWORD in content, stored()) == (True, False, [1, 1, 1])
    invitation.refresh_from_db()
    assert invitation.use_count == 1


def test_confirmed_account_is_connected_again(client, invitation):
    saved(client, invitation)
    form = answers()
    form["again"] = choice(read(client.post(page(invitation, "connect"), form)))
    assert client.post(page(invitation, "connect"), form).status_code == 302
    assert stored() == [2, 2, 2]
    assert client.post(page(invitation, "connect"), form).status_code == 302
    assert ASKED in read(submit(client, invitation, again=form["again"])), "the newest use was not confirmed"
    assert stored() == [2, 2, 2]


def test_correction_to_connected_account_asks(client, company):
    invitation = make_invitation(company, max_uses=3)
    first = saved(client, invitation, username="mistyped")
    found(first)
    use = invitation.uses.get()
    saved(client, invitation, username="anna")
    path, typed = page(invitation, "correct", use=use), login(username=" ANNA")
    content = read(client.post(path, typed))
    assert (ASKED in content, opened(first)["username"]) == (True, "mistyped")
    assert client.post(path, typed | {"again": choice(content)}).status_code == 302
    assert opened(first)["username"] == "ANNA"
    found(first)
    assert client.post(path, login(username="Anna")).status_code == 302, "it was confirmed before"


def test_account_of_another_browser_stays_private(client, invitation):
    found(saved(Client(), invitation), Status.PASSWORD_INCORRECT)
    content = read(submit(client, invitation))
    assert OF_OTHERS in content
    assert ("The provider refused" in content, "/done/" in content) == (False, False)


@pytest.mark.parametrize(
    ("first", "second", "asks"),
    [
        ({"username": "ＡＮＮＡ@example.com\u200b"}, {"username": "anna@EXAMPLE.com"}, True),
        ({"username": "anna"}, {"username": "anna2"}, False),
        ({"provider": "https://www.utility.example/login"}, {"provider": "utility.example/other"}, True),
        ({"provider": "https://utility.example/"}, {"provider": "https://my.utility.example/"}, False),
        ({"provider": "https://old.example/"}, {"provider": "Old Energy"}, True),
        ({"provider": "Old Energy"}, {"provider": "New Energy"}, False),
    ],
    ids=str,
)
def test_account_is_provider_and_user_name(client, invitation, first, second, asks):
    DatasourceFactory(name="Old Energy", login_url="https://old.example/login")
    DatasourceFactory(name="New Energy", login_url="https://new.example/login")
    saved(client, invitation, **first)
    assert (ASKED in submit(client, invitation, **second).content.decode()) == asks


def test_other_invitation_does_not_ask(client, company):
    for _ in range(2):
        saved(client, make_invitation(company))
    assert stored() == [2, 2, 2]
