import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connections.models.status import MAY_RECOVER, Status
from connections.models.status_texts import STATUS_TEXTS
from tests.factories import make_invitation
from tests.invitations.answers import PASSWORD, page, saved
from tests.invitations.repairs import found, has_form, read

pytestmark = pytest.mark.django_db


def test_pending_check_is_followed(client, invitation, connected):
    content = read(client.get(page(invitation, "state")))
    assert "data-waiting" in content
    assert "We are checking the login" in content
    assert not has_form(content)


def test_repairable_status_shows_form(client, invitation, connected):
    status = Status.PASSWORD_INCORRECT
    found(connected, status)
    content = read(client.get(page(invitation, "state")))
    assert str(STATUS_TEXTS[status].title) in content
    assert str(STATUS_TEXTS[status].explanation) in content
    assert f'action="{page(invitation, "correct")}"' in content
    assert has_form(content)
    assert "data-waiting" not in content


@pytest.mark.parametrize("status", [Status.CONNECTED, Status.WEBSITE_DOWN])
def test_other_status_shows_no_form(client, invitation, connected, status):
    found(connected, status)
    content = read(client.get(page(invitation, "state")))
    assert str(STATUS_TEXTS[status].title) in content
    assert not has_form(content)
    assert "data-waiting" not in content


@pytest.mark.parametrize("status", [Status.CONNECTED, Status.WEBSITE_DOWN, Status.PASSWORD_INCORRECT])
def test_recoverable_status_is_followed(client, invitation, connected, status):
    found(connected, status)
    again = f'<a href="{page(invitation, "done")}">Look again</a>'
    for name in ("state", "done"):
        content = read(client.get(page(invitation, name)))
        assert ("data-unsettled" in content, again in content) == (status in MAY_RECOVER,) * 2


def test_done_page_contains_state(client, invitation, connected):
    found(connected, Status.WEBSITE_DOWN)
    piece = read(client.get(page(invitation, "state")))
    assert "<html" not in piece
    assert piece.strip() in read(client.get(page(invitation, "done")))


def test_state_needs_result_cookie(client, invitation, connected):
    forged = f"result-{invitation.uses.get().pk.hex}=1.x"
    for stranger in (Client(), Client(headers={"Cookie": forged})):
        response = stranger.get(page(invitation, "state"))
        assert (response.status_code, response.content) == (204, b"")


def test_state_needs_cookie_of_use(client, company, connected):
    other = make_invitation(company)
    saved(Client(), other)
    assert client.get(page(other, "state")).status_code == 204


@pytest.mark.parametrize("status", [None, Status.PASSWORD_INCORRECT])
def test_state_contains_no_secret(client, invitation, connected, status):
    if status:
        found(connected, status)
    for name in ("state", "done"):
        content = read(client.get(page(invitation, name)))
        assert not [secret for secret in (PASSWORD, "pa55", "riverside") if secret in content]


def test_collector_text_is_escaped(client, invitation, connected):
    found(connected, contributor_message='<script>alert(1)</script> {{ 7*7 }} "><img src=x onerror=alert(1)>')
    for name in ("state", "done"):
        content = read(client.get(page(invitation, name)))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} &quot;&gt;&lt;img src=x" in content
        assert "<script>alert" not in content
        assert "<img src=x" not in content


def test_state_needs_few_queries(client, invitation, connected):
    path = page(invitation, "state")
    with CaptureQueriesContext(database) as captured:
        client.get(path)
    assert len(captured) <= 4, [query["sql"] for query in captured]
