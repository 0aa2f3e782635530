"""Login details that are put right by the browser that gave them."""

import pytest
from django.test import Client

from connections.models import Connection
from connections.models.status import Status
from invitations.models import Use
from tests.factories import make_invitation
from tests.invitations.answers import PASSWORD, page, saved
from tests.invitations.repairs import (
    MENDABLE_STATES,
    NEW,
    OTHER_STATES,
    WANTED,
    expire,
    found,
    fulfil,
    has_form,
    login,
    opened,
    read,
    revoke,
    rows,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_corrected_login_details_are_checked_again_and_spend_no_use(client, invitation, connected, status):
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


def test_correcting_works_after_the_invitation_was_used_up_or_has_expired(client, company):
    for close in (fulfil, expire):
        invitation = make_invitation(company)
        connection = found(saved(client, invitation))
        close(invitation)
        assert client.post(page(invitation, "correct"), login()).status_code == 302
        assert opened(connection)["password"] == NEW


def test_the_password_that_is_posted_comes_back_in_no_page(client, invitation, connected):
    found(connected)
    content = read(client.post(page(invitation, "correct"), login(username="")))
    assert "Please check 1 thing" in content
    assert "Enter the user name" in content
    assert NEW not in content
    assert "n3w" not in content
    assert opened(connected)["password"] == PASSWORD


def test_a_form_that_does_not_hold_keeps_the_user_name_and_says_so_in_the_title(client, invitation, connected):
    found(connected)
    content = read(client.post(page(invitation, "correct"), login(password="")))
    assert 'value="the new user"' in content
    assert "<title>Please check: The provider refused the login" in content
    assert 'href="#id_password"' in content


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
@pytest.mark.parametrize("status", [Status.PENDING, *OTHER_STATES])
def test_where_there_is_nothing_to_correct_the_done_page_says_how_it_stands(
    client, invitation, connected, status, filled
):
    if status != Status.PENDING:
        found(connected, status)
    before = rows()
    response = client.post(page(invitation, "correct"), login(**filled))
    assert (response.status_code, response["Location"]) == (302, page(invitation, "done"))
    assert rows() == before


def test_only_the_browser_that_gave_the_login_may_correct_it(client, company, invitation, connected):
    found(connected)
    other = make_invitation(company)
    stranger = Client()
    saved(stranger, other)
    before = rows()
    for visitor in (Client(), stranger):
        response = visitor.post(page(invitation, "correct"), login())
        assert (response.status_code, response["Location"]) == (302, page(invitation, "done"))
    client.post(page(other, "correct"), login())
    assert rows() == before


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
def test_after_a_revocation_nothing_can_be_corrected(client, invitation, connected, filled):
    found(connected)
    revoke(invitation)
    before = rows()
    assert "This invitation was withdrawn" in read(client.post(page(invitation, "correct"), login(**filled)), 410)
    assert rows() == before


def test_after_a_revocation_no_form_is_offered_that_would_be_refused(client, invitation, connected):
    found(connected)
    revoke(invitation)
    content = read(client.get(page(invitation, "done")))
    assert "The invitation was withdrawn" in content
    assert not has_form(content)


def test_looking_at_the_address_of_the_form_leads_to_the_done_page(client, invitation, connected):
    found(connected)
    before = rows()
    assert client.get(page(invitation, "correct"))["Location"] == page(invitation, "done")
    assert rows() == before


@pytest.mark.parametrize("body", [b"{}", b"\xff\xfe", b"username=%00&password=%00&form_id=x", b""])
def test_no_body_is_an_error_of_ours(client, invitation, connected, body):
    found(connected)
    for name in ("correct", "connect"):
        response = client.post(page(invitation, name), body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {200, 410}
    assert opened(connected)["password"] == PASSWORD
