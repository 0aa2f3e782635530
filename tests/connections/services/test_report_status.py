import pytest

from companies.actors import CONTRIBUTOR, SYSTEM, Actor
from config.exceptions import InvalidField
from connections.exceptions import ImpossibleStatusChange, NotAnOutcome, StaleReport
from connections.models import Connection, ConnectionEventType
from connections.models.status import Status
from connections.services.connections import change_credentials, report_status
from connections.services.credentials import read_credentials
from tests.factories import make_api_key, make_connection

pytestmark = pytest.mark.django_db

NEW = {"username": "someone", "password": "another one"}


def make_connection_in(status):
    connection = make_connection()
    Connection.objects.filter(pk=connection.pk).update(status=status, status_error_detail="As it was.")
    connection.refresh_from_db()
    return connection


def read(connection):
    row = Connection.objects.get(pk=connection.pk)
    return row.status, row.status_error_detail, row.status_changed_at, row.updated_at


def status_events(connection):
    return connection.events.filter(type=ConnectionEventType.STATUS_CHANGED)


def test_report_changes_status_and_is_logged():
    connection = make_connection()
    key, _ = make_api_key(connection.company.partner)

    reported = report_status(connection, Status.WEBSITE_DOWN, by=Actor.partner(key), error_detail="It said 503.")

    (event,) = status_events(connection)
    assert event.detail == {"from": "PENDING", "to": "WEBSITE_DOWN", "error": "It said 503."}
    assert (event.actor, event.api_key) == ("PARTNER", key)
    assert read(connection)[:2] == ("WEBSITE_DOWN", "It said 503.")
    assert read(connection)[:2] == (reported.status, reported.status_error_detail)
    assert read(connection)[2] > connection.status_changed_at


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (Status.COMPANY_INACTIVE, Status.CONNECTED, ImpossibleStatusChange),
        (Status.CONNECTED, Status.PENDING, NotAnOutcome),
        (Status.PENDING, Status.PENDING, NotAnOutcome),
    ],
)
def test_impossible_report_changes_nothing(old, new, error):
    connection = make_connection_in(old)
    before = read(connection)

    with pytest.raises(error) as raised:
        report_status(connection, new, by=SYSTEM, error_detail="No.")

    assert (raised.value.status, raised.value.code) == (409, "IMPOSSIBLE_STATUS_CHANGE")
    assert new.value in raised.value.detail
    assert read(connection) == before
    assert not status_events(connection).exists()


def test_same_status_with_another_reason_is_logged():
    connection = make_connection_in(Status.WEBSITE_DOWN)

    report_status(connection, Status.WEBSITE_DOWN, by=SYSTEM, error_detail="Once more.")

    assert read(connection)[:3] == ("WEBSITE_DOWN", "Once more.", connection.status_changed_at)
    (event,) = status_events(connection)
    assert event.detail == {"from": "WEBSITE_DOWN", "to": "WEBSITE_DOWN", "error": "Once more."}


@pytest.mark.parametrize("detail", [None, "As it was."])
def test_same_status_without_news_changes_nothing(detail):
    connection = make_connection_in(Status.WEBSITE_DOWN)
    before = read(connection)

    report_status(connection, Status.WEBSITE_DOWN, by=SYSTEM, error_detail=detail)

    assert read(connection) == before
    assert not status_events(connection).exists()


def test_new_status_clears_the_old_reason():
    connection = make_connection_in(Status.PASSWORD_INCORRECT)

    report_status(connection, Status.CONNECTED, by=SYSTEM)

    assert read(connection)[:2] == (Status.CONNECTED, None)


@pytest.mark.parametrize("detail", ["x" * 2001, "a\x00b"])
def test_report_rejects_an_invalid_reason(detail):
    connection = make_connection()

    with pytest.raises(InvalidField) as error:
        report_status(connection, Status.CONNECTED, by=SYSTEM, error_detail=detail)

    assert error.value.field == ("status_error_detail",)


@pytest.mark.parametrize("status", [Status.CONNECTED, Status.COMPANY_INACTIVE, Status.NO_ACCOUNTS_FOUND])
def test_new_credentials_lead_back_to_pending(status):
    connection = make_connection_in(status)

    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    assert read(connection)[:2] == (Status.PENDING, None)
    assert [event.detail for event in status_events(connection)] == [{"from": status.value, "to": "PENDING"}]


def test_report_on_changed_credentials_is_stale():
    connection = make_connection()
    _, version = read_credentials(connection, by=SYSTEM)
    change_credentials(connection, credentials=NEW, by=CONTRIBUTOR)

    with pytest.raises(StaleReport) as error:
        report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, credentials_version=version)

    assert (error.value.status, error.value.code) == (409, "CREDENTIALS_CHANGED")
    assert read(connection)[0] == Status.PENDING
    report_status(connection, Status.CONNECTED, by=SYSTEM, credentials_version=version + 1)
    assert read(connection)[0] == Status.CONNECTED
