"""The check that is followed on the done page."""

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connections.models.status import MAY_RECOVER, TRANSITIONS, Status
from connections.models.status_texts import STATUS_TEXTS
from tests.factories import make_invitation
from tests.invitations.answers import PASSWORD, page
from tests.invitations.repairs import (
    MENDABLE_STATES,
    OTHER_STATES,
    found,
    has_form,
    read,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


def test_a_check_that_is_under_way_is_followed(client, invitation, connected):
    content = read(client.get(page(invitation, "state")))
    assert "data-waiting" in content
    assert "We are checking the login" in content
    assert not has_form(content)


@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_what_a_person_can_mend_is_told_with_the_form_to_mend_it(client, invitation, connected, status):
    found(connected, status)
    content = read(client.get(page(invitation, "state")))
    assert str(STATUS_TEXTS[status].title) in content
    assert str(STATUS_TEXTS[status].explanation) in content
    assert f'action="{page(invitation, "correct")}"' in content
    assert has_form(content)
    assert "data-waiting" not in content


@pytest.mark.parametrize("status", OTHER_STATES)
def test_what_nobody_can_mend_here_is_told_without_a_form(client, invitation, connected, status):
    found(connected, status)
    content = read(client.get(page(invitation, "state")))
    assert str(STATUS_TEXTS[status].title) in content
    assert not has_form(content)
    assert "data-waiting" not in content


@pytest.mark.parametrize("status", [*MENDABLE_STATES, *OTHER_STATES])
def test_what_may_change_by_itself_is_followed_and_can_be_looked_at_again(client, invitation, connected, status):
    found(connected, status)
    again = f'<a href="{page(invitation, "done")}">Look again</a>'
    for name in ("state", "done"):
        content = read(client.get(page(invitation, name)))
        assert ("data-unsettled" in content, again in content) == (status in MAY_RECOVER,) * 2


def test_what_is_followed_can_indeed_change_by_itself():
    assert all(TRANSITIONS[status] - {Status.PENDING} for status in MAY_RECOVER)


def test_the_piece_is_what_the_whole_page_shows_too(client, invitation, connected):
    found(connected, Status.WEBSITE_DOWN)
    piece = read(client.get(page(invitation, "state")))
    assert "<html" not in piece
    assert piece.strip() in read(client.get(page(invitation, "done")))


def test_a_wrong_password_and_a_site_that_is_down_are_told_apart():
    wrong, down = STATUS_TEXTS[Status.PASSWORD_INCORRECT], STATUS_TEXTS[Status.WEBSITE_DOWN]
    assert "password is not right" in str(wrong.explanation)
    assert "site is down" in str(down.title)
    assert "may well be right" in str(down.explanation)


def test_every_state_has_words_that_are_kind_and_its_own():
    assert set(STATUS_TEXTS) == set(Status)
    assert len({words.title for words in STATUS_TEXTS.values()}) == len(Status)
    assert not any("!" in f"{words.title}{words.explanation}" for words in STATUS_TEXTS.values())


def test_without_a_receipt_there_is_no_state(client, invitation, connected):
    for stranger in (Client(), Client(headers={"Cookie": "result=x:y:z"})):
        response = stranger.get(page(invitation, "state"))
        assert (response.status_code, response.content) == (204, b"")


def test_the_receipt_of_another_invitation_shows_no_state(client, company, connected):
    assert client.get(page(make_invitation(company), "state")).status_code == 204


@pytest.mark.parametrize("name", ["state", "done"])
@pytest.mark.parametrize("status", [None, *MENDABLE_STATES])
def test_nothing_secret_is_in_the_answer(client, invitation, connected, name, status):
    if status:
        found(connected, status)
    content = read(client.get(page(invitation, name)))
    for secret in (PASSWORD, "pa55", "riverside"):
        assert secret not in content


def test_what_the_collector_says_is_text(client, invitation, connected):
    found(connected, error_detail='<script>alert(1)</script> {{ 7*7 }} "><img src=x onerror=alert(1)>')
    for name in ("state", "done"):
        content = read(client.get(page(invitation, name)))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} &quot;&gt;&lt;img src=x" in content
        assert "<script>alert" not in content
        assert "<img src=x" not in content


REFRESH = '<noscript><meta http-equiv="refresh"'


def test_without_a_script_the_page_refreshes_itself_while_it_waits(client, invitation, connected):
    assert REFRESH in read(client.get(page(invitation, "done")))
    found(connected)
    assert "refresh" not in read(client.get(page(invitation, "done")))


def test_a_page_that_shows_nothing_does_not_refresh_itself(client, invitation, connected):
    assert "refresh" not in read(Client().get(page(invitation, "done")))


def test_the_title_says_how_it_stands(client, invitation, connected):
    assert "<title>We are checking the login" in read(client.get(page(invitation, "done")))
    found(connected, Status.CONNECTED)
    assert "<title>It works" in read(client.get(page(invitation, "done")))


def test_following_costs_few_queries(client, invitation, connected):
    with CaptureQueriesContext(
        database,
    ) as captured:
        client.get(page(invitation, "state"))
    assert len(captured) <= 4, [query["sql"] for query in captured]
