"""`POST /v2/connection/{id}/status`."""

import pytest

from companies.actors import CONTRIBUTOR
from companies.models import ApiKey, Scope
from connections.models import Connection, ConnectionEvent
from connections.models.status import OUTCOMES
from connections.services.connections import change_credentials
from tests.companies.refusals import problem_in, wrong_fields
from tests.connections.api.collector import OF_LIVE_KEYS, caller
from tests.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(company):
    return make_connection(company)


@pytest.fixture
def report(company, connection):
    collector = caller(company, Scope.CONNECTIONS_STATUS)

    def say(status, **fields):
        return collector.post(f"connection/{connection.pk}/status", {"status": status, **fields})

    return say


def status_of(connection):
    return Connection.objects.get(pk=connection.pk).status


@pytest.mark.parametrize("status", sorted(OUTCOMES))
def test_every_outcome_is_accepted(report, connection, status):
    answer = report(status, statusErrorDetail="What the site said.", credentialsVersion=1)

    assert answer.status_code == 200
    said = answer.json()
    assert (said["id"], said["status"], said["statusErrorDetail"]) == (
        str(connection.pk),
        status,
        "What the site said.",
    )
    (line,) = ConnectionEvent.objects.filter(type="STATUS_CHANGED")
    assert (line.actor, line.api_key) == ("PARTNER", ApiKey.objects.get())
    assert line.detail == {"from": "PENDING", "to": status, "error": "What the site said."}


def test_pending_is_rejected(report, connection):
    report("CONNECTED")

    problem = problem_in(report("PENDING"), 409)

    assert problem["code"] == "IMPOSSIBLE_STATUS_CHANGE"
    assert problem["detail"] == "PENDING is not the outcome of a check: only new credentials lead back to it."
    assert status_of(connection) == "CONNECTED"


def test_impossible_change_is_a_conflict(report, connection):
    report("COMPANY_INACTIVE")

    problem = problem_in(report("CONNECTED"), 409)

    assert problem["code"] == "IMPOSSIBLE_STATUS_CHANGE"
    assert problem["detail"] == "A connection that is COMPANY_INACTIVE cannot become CONNECTED."
    assert status_of(connection) == "COMPANY_INACTIVE"


def test_same_status_keeps_its_reason(report, api, connection):
    report("WEBSITE_DOWN", statusErrorDetail="503")
    assert report("WEBSITE_DOWN", statusErrorDetail="Still 503").json()["statusErrorDetail"] == "Still 503"
    for none in ({}, {"statusErrorDetail": None}):
        assert report("WEBSITE_DOWN", **none).json()["statusErrorDetail"] == "Still 503"

    said = api.get(f"connection/{connection.pk}/details").json()["statusHistory"]

    assert [(line["status"], line["statusErrorDetail"], line["actor"]) for line in said] == [
        ("PENDING", None, "SYSTEM"),
        ("WEBSITE_DOWN", "503", "PARTNER"),
        ("WEBSITE_DOWN", "Still 503", "PARTNER"),
    ]


def test_report_on_old_credentials_is_rejected(report, connection):
    change_credentials(connection, credentials={"username": "u", "password": "new"}, by=CONTRIBUTOR)

    assert problem_in(report("PASSWORD_INCORRECT", credentialsVersion=1), 409)["code"] == "CREDENTIALS_CHANGED"
    assert status_of(connection) == "PENDING"
    assert report("CONNECTED", credentialsVersion=2).status_code == 200


def test_invalid_fields_are_named(report, connection):
    for wrong, pointer in [
        ({"status": "FINE"}, "/status"),
        ({"status": None}, "/status"),
        ({"statusErrorDetail": "x" * 2001}, "/statusErrorDetail"),
        ({"statusErrorDetail": 5}, "/statusErrorDetail"),
        ({"credentialsVersion": "1"}, "/credentialsVersion"),
        ({"credentialsVersion": 0}, "/credentialsVersion"),
        ({"credentialsVersion": 2**31}, "/credentialsVersion"),
        ({"statusDetail": "misspelt"}, "/statusDetail"),
        ({"companyId": "mine"}, "/companyId"),
    ]:
        assert wrong_fields(report(**{"status": "CONNECTED"} | wrong)) == [pointer]
        assert status_of(connection) == "PENDING"


def test_status_is_required(company, connection):
    answer = caller(company, Scope.CONNECTIONS_STATUS).post(f"connection/{connection.pk}/status", {})

    assert wrong_fields(answer) == ["/status"]


def test_other_scopes_cannot_report(company, connection):
    for scope in sorted(OF_LIVE_KEYS - {Scope.CONNECTIONS_STATUS}):
        answer = caller(company, scope).post(f"connection/{connection.pk}/status", {"status": "CONNECTED"})

        problem_in(answer, 403)
        assert status_of(connection) == "PENDING"


def test_connections_of_other_partners_give_404(stranger, connection):
    problem_in(stranger.post(f"connection/{connection.pk}/status", {"status": "CONNECTED"}), 404)

    assert status_of(connection) == "PENDING"


def test_retry_reports_once(company, connection):
    collector = caller(company, Scope.CONNECTIONS_STATUS)
    path, body = f"connection/{connection.pk}/status", {"status": "CONNECTED"}

    first = collector.post(path, body, Idempotency_Key="k")
    again = collector.post(path, body, Idempotency_Key="k")

    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
