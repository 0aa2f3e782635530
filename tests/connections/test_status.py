"""The table of moves, pair by pair."""

from itertools import product

import pytest

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from connections.exceptions import ImpossibleStatusChange, NotAnOutcome
from connections.models import Connection, ConnectionEventType
from connections.models.status import OUTCOMES, REPAIRABLE, TRANSITIONS, Status
from connections.services.connections import change_credentials, report_status
from tests.factories import make_api_key, make_connection

pytestmark = pytest.mark.django_db

NEW = {"username": "someone", "password": "another one", "authenticator_seed": "ANOTHERKEY"}
PAIRS = [(old, new) for old, new in product(Status, sorted(OUTCOMES)) if old != new]
# written out here as well: the table under test must not be its own witness
IMPOSSIBLE = {(Status.COMPANY_INACTIVE, new) for new in OUTCOMES if new != Status.COMPANY_INACTIVE}


def standing_at(status):
    connection = make_connection()
    Connection.objects.filter(pk=connection.pk).update(status=status, status_error_detail="As it was.")
    connection.refresh_from_db()
    return connection


def facts(connection):
    row = Connection.objects.get(pk=connection.pk)
    return row.status, row.status_error_detail, row.status_changed_at, row.updated_at


def moves(connection):
    return connection.events.filter(type=ConnectionEventType.STATUS_CHANGED)


def test_the_table_has_a_row_for_every_status_and_no_move_to_itself():
    assert set(TRANSITIONS) == set(Status)
    assert all(status not in TRANSITIONS[status] for status in Status)


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair not in IMPOSSIBLE])
def test_a_possible_move_is_made_and_logged(old, new):
    connection = standing_at(old)
    key, _ = make_api_key(connection.company.partner)

    moved = report_status(connection, new, by=Actor.partner(key), error_detail="What the site said.")

    (line,) = moves(connection)
    assert line.detail == {"from": old.value, "to": new.value, "error": "What the site said."}
    assert (line.actor, line.api_key) == ("PARTNER", key)
    assert facts(connection)[:2] == (new, "What the site said.") == (moved.status, moved.status_error_detail)
    assert facts(connection)[2] > connection.status_changed_at


@pytest.mark.parametrize(("old", "new"), sorted(IMPOSSIBLE))
def test_an_impossible_move_is_refused_and_changes_nothing(old, new):
    connection = standing_at(old)
    before = facts(connection)

    with pytest.raises(ImpossibleStatusChange) as refused:
        report_status(connection, new, by=SYSTEM, error_detail="No.")

    assert (refused.value.status, refused.value.code) == (409, "IMPOSSIBLE_STATUS_CHANGE")
    assert old.value in refused.value.detail
    assert new.value in refused.value.detail
    assert facts(connection) == before
    assert not moves(connection).exists()


@pytest.mark.parametrize("status", Status)
def test_pending_is_reported_from_nowhere(status):
    connection = standing_at(status)
    before = facts(connection)

    with pytest.raises(NotAnOutcome) as refused:
        report_status(connection, Status.PENDING, by=SYSTEM, error_detail="No.")

    assert (refused.value.status, refused.value.code) == (409, "IMPOSSIBLE_STATUS_CHANGE")
    assert facts(connection) == before
    assert not moves(connection).exists()


@pytest.mark.parametrize("status", sorted(OUTCOMES))
def test_the_same_status_again_changes_its_reason_only_and_the_log_tells_it(status):
    connection = standing_at(status)

    report_status(connection, status, by=SYSTEM, error_detail="Once more.")

    assert facts(connection)[:3] == (status, "Once more.", connection.status_changed_at)
    (line,) = moves(connection)
    assert line.detail == {"from": status.value, "to": status.value, "error": "Once more."}


@pytest.mark.parametrize("detail", [None, "As it was."])
def test_the_same_status_again_with_nothing_new_changes_nothing(detail):
    connection = standing_at(Status.WEBSITE_DOWN)
    before = facts(connection)

    report_status(connection, Status.WEBSITE_DOWN, by=SYSTEM, error_detail=detail)

    assert facts(connection) == before
    assert not moves(connection).exists()


@pytest.mark.parametrize("status", sorted(OUTCOMES))
def test_new_login_details_lead_from_everywhere_back_to_pending(status):
    connection = standing_at(status)

    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    assert facts(connection)[:2] == (Status.PENDING, None)
    assert [line.detail for line in moves(connection)] == [{"from": status.value, "to": "PENDING"}]


def test_a_move_without_a_detail_forgets_the_old_one():
    connection = standing_at(Status.PASSWORD_INCORRECT)

    report_status(connection, Status.CONNECTED, by=SYSTEM)

    assert facts(connection)[:2] == (Status.CONNECTED, None)


def test_what_other_login_details_would_not_help_is_not_for_the_contributor_to_mend():
    beyond = {"WEBSITE_DOWN", "URL_INACCESSIBLE", "UNDER_INVESTIGATION", "OTHER_ERROR", "COMPANY_INACTIVE"}
    assert set(Status) - REPAIRABLE == {Status(name) for name in beyond} | {Status.PENDING, Status.CONNECTED}
