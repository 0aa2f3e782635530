import re

import pytest
from django.test import Client

from connections.models import Connection
from connections.models.status import Status
from invitations.models import Use
from invitations.services.repairs import CORRECTIONS_PER_HOUR
from tests.factories import make_invitation
from tests.invitations.answers import PASSWORD, page, saved
from tests.invitations.repairs import NEW, WANTED, expire, found, fulfil, has_form, login, opened, read, revoke, rows

pytestmark = pytest.mark.django_db

UNSAVED = "What you typed now was not saved"


@pytest.mark.parametrize("status", [Status.PASSWORD_INCORRECT, *WANTED])
def test_correction_spends_no_use(client, invitation, connected, status):
    found(connected, status)
    wanted = WANTED.get(status, {})
    response = client.post(page(invitation, "correct"), login(**wanted))
    assert (response.status_code, response["Location"]) == (302, page(invitation, "done"))
    assert opened(connected) == {"username": "the new user", "password": NEW} | wanted
    connected.refresh_from_db()
    invitation.refresh_from_db()
    assert connected.status == Status.PENDING
    assert (invitation.use_count, Use.objects.count(), Connection.objects.count()) == (1, 1, 1)
    assert "data-waiting" in read(client.get(page(invitation, "done")))


def test_correction_works_after_closing(client, company):
    for close in (fulfil, expire):
        invitation = make_invitation(company)
        connection = found(saved(client, invitation))
        close(invitation)
        assert client.post(page(invitation, "correct"), login()).status_code == 302
        assert opened(connection)["password"] == NEW


def test_invalid_correction_keeps_no_password(client, invitation, connected):
    found(connected)
    content = read(client.post(page(invitation, "correct"), login(username="")))
    assert "Please check 1 thing" in content
    assert "Enter the user name" in content
    assert NEW not in content
    assert "n3w" not in content
    assert opened(connected)["password"] == PASSWORD


def test_invalid_correction_keeps_user_name(client, invitation, connected):
    found(connected)
    content = read(client.post(page(invitation, "correct"), login(password="")))
    assert 'value="the new user"' in content
    assert "<title>Please check: Correct the login at portal.utility.example" in content
    assert 'href="#id_password"' in content


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
def test_needless_correction_is_called_unsaved(client, invitation, connected, filled):
    found(connected, Status.CONNECTED)
    before = rows()
    content = read(client.post(page(invitation, "correct"), login(**filled)), 409)
    assert (UNSAVED in content, "It works" in content, has_form(content)) == (True, True, False)
    assert rows() == before


def version_of(client, invitation):
    """The hidden version in the form of the page."""
    return re.search(r'name="version" value="(\d+)"', read(client.get(page(invitation, "correct"))))[1]


def test_unchecked_login_can_be_corrected(client, invitation, connected):
    assert f'href="{page(invitation, "correct")}"' in read(client.get(page(invitation, "done")))
    posted = login(version=version_of(client, invitation))
    for _ in range(2):
        assert client.post(page(invitation, "correct"), posted)["Location"] == page(invitation, "done")
    assert (opened(connected)["password"], connected.credential.version) == (NEW, 2)


def test_outdated_correction_is_called_unsaved(client, invitation, connected):
    version = version_of(client, invitation)
    client.post(page(invitation, "correct"), login(version=version, password="newer"))
    content = read(client.post(page(invitation, "correct"), login(version=version)), 409)
    assert UNSAVED in content
    assert opened(connected)["password"] == "newer"


def test_only_same_browser_may_correct(client, company, invitation, connected):
    found(connected)
    other = make_invitation(company)
    stranger = Client()
    saved(stranger, other)
    before = rows()
    for visitor in (Client(), stranger):
        assert UNSAVED in read(visitor.post(page(invitation, "correct"), login()), 409)
    assert UNSAVED in read(client.post(page(other, "correct"), login()), 409)
    assert rows() == before


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
def test_revoked_invitation_accepts_no_correction(client, invitation, connected, filled):
    found(connected)
    revoke(invitation)
    before = rows()
    content = read(client.post(page(invitation, "correct"), login(**filled)), 410)
    assert ("This invitation was revoked" in content, UNSAVED in content) == (True, True)
    assert rows() == before


def test_revoked_invitation_offers_no_form(client, invitation, connected):
    found(connected)
    revoke(invitation)
    content = read(client.get(page(invitation, "done")))
    assert "The invitation was revoked" in content
    assert not has_form(content)


def test_get_correct_shows_form_while_it_helps(client, invitation, connected):
    path = page(invitation, "correct")
    found(connected)
    before = rows()
    assert has_form(read(client.get(path)))
    assert Client().get(path)["Location"] == page(invitation, "done")
    assert rows() == before
    found(connected, Status.CONNECTED)
    assert client.get(path)["Location"] == page(invitation, "done")


@pytest.mark.parametrize("body", [b"{}", b"\xff\xfe", b"username=%00&password=%00&form_id=x", b""])
def test_hostile_bodies_never_crash(client, invitation, connected, body):
    found(connected)
    for name in ("correct", "connect"):
        response = client.post(page(invitation, name), body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {200, 410}
    assert opened(connected)["password"] == PASSWORD


def test_corrections_are_limited_per_hour(client, invitation, connected):
    codes = [
        client.post(page(invitation, "correct"), login(password=str(n)) | {"version": str(n)}).status_code
        for n in range(1, CORRECTIONS_PER_HOUR + 2)
    ]
    assert codes == [302] * CORRECTIONS_PER_HOUR + [429]
    response = client.post(page(invitation, "correct"), login() | {"version": str(CORRECTIONS_PER_HOUR + 1)})
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "then try again" in read(response, 429)
