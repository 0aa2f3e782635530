"""History of a connection's status, and its log."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from companies.actors import CONTRIBUTOR, SYSTEM
from companies.models import ApiKey, Scope
from connections.models import STATUS_EVENTS, ConnectionEvent
from connections.models.status import Status
from connections.services.connections import change_credentials, report_status
from connections.services.credentials import read_credentials
from tests.companies.refusals import problem_in, wrong_fields
from tests.connections.api.collector import OF_LIVE_KEYS, caller
from tests.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(company):
    return make_connection(company)


def details(api, connection):
    answer = api.get(f"connection/{connection.pk}/details")
    assert answer.status_code == 200, answer.content
    return answer.json()


def page(api, connection, **query):
    answer = api.get(f"connection/{connection.pk}/events", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def read_often(connection, number):
    ConnectionEvent.objects.bulk_create(
        ConnectionEvent(connection=connection, type="CREDENTIALS_READ", actor="PARTNER") for _ in range(number)
    )


# --- status history


def test_history_shows_status_reason_and_actor(company, connection):
    collector = caller(company, Scope.CONNECTIONS_STATUS, Scope.CONNECTIONS_READ)
    report = {"status": "PASSWORD_INCORRECT", "statusErrorDetail": "The site said no."}
    collector.post(f"connection/{connection.pk}/status", report)
    change_credentials(
        connection, credentials={"username": "u", "password": "p"}, by=CONTRIBUTOR, email="ann@example.com"
    )

    history = details(collector, connection)["statusHistory"]

    assert [{**move, "createdAt": None} for move in history] == [
        {"status": status, "statusErrorDetail": error, "contributorMessage": None, "createdAt": None}
        | {"actor": actor, "apiKey": key, "email": email}
        for status, error, actor, key, email in (
            ("PENDING", None, "SYSTEM", None, None),
            ("PASSWORD_INCORRECT", "The site said no.", "PARTNER", ApiKey.objects.get().prefix, None),
            ("PENDING", None, "CONTRIBUTOR", None, "ann@example.com"),
        )
    ]
    assert [move["createdAt"] for move in history] == sorted(move["createdAt"] for move in history)
    assert all(move["createdAt"].endswith("Z") for move in history)


def test_reads_do_not_displace_the_history(api, connection):
    report_status(connection, Status.WEBSITE_DOWN, by=SYSTEM)
    for _ in range(105):
        read_credentials(connection, by=SYSTEM)

    said = details(api, connection)

    assert [move["status"] for move in said["statusHistory"]] == ["PENDING", "WEBSITE_DOWN"]
    assert {line["type"] for line in said["events"]} == {"CREDENTIALS_READ"}


def test_history_has_the_latest_hundred(api, connection):
    for number in range(105):
        report_status(connection, [Status.CONNECTED, Status.WEBSITE_DOWN][number % 2], by=SYSTEM)

    history = details(api, connection)["statusHistory"]

    assert [move["status"] for move in history] == ["WEBSITE_DOWN", "CONNECTED"] * 50


def test_history_uses_its_own_index(connection):
    read_often(connection, 2000)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE connections_connectionevent")
    log = connection.events.filter(type__in=STATUS_EVENTS).select_related("api_key").order_by("-pk")[:100]

    assert "connection_event_status" in log.explain()


def test_details_run_a_constant_number_of_queries(api, connection):
    def queries():
        with CaptureQueriesContext(database) as captured:
            details(api, connection)
        return len(captured)

    read_often(connection, 10)
    queries()  # the first request of a minute stores the use of the key
    few = queries()
    read_often(connection, 990)
    assert queries() == few <= 6  # one of them finds the consent


# --- all events


def test_pages_ignore_new_events(api, connection):
    read_often(connection, 6)
    expected = [str(pk) for pk in connection.events.order_by("-pk").values_list("pk", flat=True)]
    walked, cursor = [], {}
    while True:
        said = page(api, connection, limit=3, **cursor)
        assert said["perPage"] == 3
        walked += [line["id"] for line in said["events"]]
        read_credentials(connection, by=SYSTEM)
        if not said["hasNext"]:
            break
        cursor = {"cursor": said["nextCursor"]}

    assert walked == expected


def test_event_fields(api, company, connection):
    caller(company, Scope.CREDENTIALS_READ).post(f"connection/{connection.pk}/credentials")

    newest, first = page(api, connection)["events"]

    key = ApiKey.objects.get(scopes=[Scope.CREDENTIALS_READ])
    assert (newest["type"], newest["actor"], newest["apiKey"]) == ("CREDENTIALS_READ", "PARTNER", key.prefix)
    assert (first["type"], first["detail"]) == ("CREATED", {})
    assert newest == details(api, connection)["events"][-1]


def test_events_of_other_connections_are_hidden(api, company, connection):
    make_connection(company)

    assert len(page(api, connection)["events"]) == 1


def test_page_runs_a_constant_number_of_queries(api, connection):
    def queries():
        with CaptureQueriesContext(database) as captured:
            page(api, connection, limit=5)
        return len(captured)

    read_often(connection, 10)
    queries()
    few = queries()
    read_often(connection, 990)
    assert queries() == few <= 4


def test_events_reject_invalid_parameters(api, connection):
    for query in [{"limit": 0}, {"limit": 101}, {"cursor": "x"}, {"type": "CREATED"}]:
        (name,) = query
        assert wrong_fields(api.get(f"connection/{connection.pk}/events", query)) == [f"?{name}"]


def test_events_of_other_partners_give_404(stranger, connection):
    problem_in(stranger.get(f"connection/{connection.pk}/events"), 404)


def test_other_scopes_cannot_read_events(company, connection):
    for scope in sorted(OF_LIVE_KEYS - {Scope.CONNECTIONS_READ}):
        problem_in(caller(company, scope).get(f"connection/{connection.pk}/events"), 403)
