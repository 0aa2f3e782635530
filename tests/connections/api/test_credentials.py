"""`POST /v2/connection/{id}/credentials`, the only operation that returns credentials."""

import logging

import pytest

from companies.actors import CONTRIBUTOR
from companies.models import ApiKey, Scope, StoredAnswer
from connections.models import Connection, ConnectionEvent, Credential
from connections.services.catalogue import update_datasource
from connections.services.connections import change_credentials
from tests.companies.refusals import problem_in, wrong_fields
from tests.config.api.operations import operations, path_ids
from tests.connections.api.collector import OF_LIVE_KEYS, SCOPES, SECRETS, caller, create
from tests.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector(company):
    return caller(company, *SCOPES)


@pytest.fixture
def connection_id(api, company):
    return create(api, company).json()["id"]


def hidden(content):
    text = content.decode() if isinstance(content, bytes) else content
    assert [name for name, secret in SECRETS.items() if secret.strip() in text] == []


def test_collector_reads_credentials(collector, connection_id):
    answer = collector.post(f"connection/{connection_id}/credentials")

    assert answer.status_code == 200
    assert answer.json() == SECRETS | {
        "securityAnswers": [{"question": None, "answer": SECRETS["securityAnswer"]}],
        "connectionId": connection_id,
        "url": "https://portal.example.com/login",
        "credentialsVersion": 1,
    }
    assert answer["Cache-Control"] == "no-store"


def test_missing_credentials_are_null(collector, company):
    connection = make_connection(company, credentials={"username": "u", "password": "p"})

    said = collector.post(f"connection/{connection.pk}/credentials").json()

    assert (said["accountNumber"], said["securityAnswer"], said["authenticatorSeed"]) == (None, None, None)
    assert said["securityAnswers"] == []
    assert said["url"] == connection.datasource.login_url


def test_security_answers_have_their_questions(api, collector, company):
    pets = [{"question": "First pet?", "answer": "Rex"}, {"question": "Second pet?", "answer": "Tom"}]
    body = {"url": "https://portal.example.com/login", "username": "u", "password": "p", "securityAnswers": pets}
    made = api.post(f"connection/company/{company.pk}", body).json()

    said = collector.post(f"connection/{made['id']}/credentials").json()

    assert (said["securityAnswer"], said["securityAnswers"]) == ("Rex", pets)


def test_every_read_is_logged(collector, company, connection_id):
    for _ in range(3):
        collector.post(f"connection/{connection_id}/credentials")

    reads = ConnectionEvent.objects.filter(connection=connection_id, type="CREDENTIALS_READ")
    assert {line.api_key for line in reads} == {ApiKey.objects.get(scopes=SCOPES)}
    logged = [line for line in details(collector, connection_id)["events"] if line["type"] == "CREDENTIALS_READ"]
    assert [line["actor"] for line in logged] == ["PARTNER"] * 3
    assert all(line["createdAt"].endswith("Z") for line in logged)


def details(caller, connection_id):
    return caller.get(f"connection/{connection_id}/details").json()


def test_other_scopes_cannot_read(company, connection_id):
    for scope in sorted(OF_LIVE_KEYS - {Scope.CREDENTIALS_READ}):
        answer = caller(company, scope).post(f"connection/{connection_id}/credentials")

        assert problem_in(answer, 403)["code"] == "SCOPE_MISSING"
        assert not ConnectionEvent.objects.filter(type="CREDENTIALS_READ").exists()


def test_all_other_scopes_together_cannot_read(company, connection_id):
    others = caller(company, *sorted(OF_LIVE_KEYS - {Scope.CREDENTIALS_READ}))

    hidden(others.post(f"connection/{connection_id}/credentials").content)


def test_default_scopes_exclude_the_collectors(api, connection_id):
    problem_in(api.post(f"connection/{connection_id}/credentials"), 403)
    problem_in(api.post(f"connection/{connection_id}/status", {"status": "CONNECTED"}), 403)


def test_collector_of_another_partner_gets_404(stranger, connection_id):
    problem_in(stranger.post(f"connection/{connection_id}/credentials"), 404)

    assert not ConnectionEvent.objects.filter(type="CREDENTIALS_READ").exists()


def test_body_must_be_empty(collector, connection_id):
    answer = collector.post(f"connection/{connection_id}/credentials", {"reason": "curiosity"})

    assert wrong_fields(answer) == ["/reason"]
    assert not ConnectionEvent.objects.filter(type="CREDENTIALS_READ").exists()


def test_get_is_not_allowed(collector, connection_id):
    problem_in(collector.get(f"connection/{connection_id}/credentials"), 405)


def test_unreadable_credentials_are_a_conflict(collector, api, company, connection_id):
    another = create(api, company).json()["id"]
    stolen = Credential.objects.get(connection=connection_id).encrypted
    Credential.objects.filter(connection=another).update(encrypted=stolen)

    answer = collector.post(f"connection/{another}/credentials")

    assert problem_in(answer, 409)["code"] == "CREDENTIALS_UNREADABLE"
    hidden(answer.content)


def test_moved_login_page_is_a_conflict(collector, company):
    connection = make_connection(company, credentials={"username": "u", "password": SECRETS["password"]})
    update_datasource(connection.datasource, login_url="https://evil.example/login")

    answer = collector.post(f"connection/{connection.pk}/credentials")

    assert problem_in(answer, 409)["code"] == "LOGIN_PAGE_MOVED"
    hidden(answer.content)
    assert not ConnectionEvent.objects.filter(type="CREDENTIALS_READ").exists()


def test_idempotency_key_stores_no_copy(collector, connection_id):
    first = collector.post(f"connection/{connection_id}/credentials", Idempotency_Key="once")
    change_credentials_of(connection_id, "changed")

    second = collector.post(f"connection/{connection_id}/credentials", Idempotency_Key="once")

    assert first.json()["password"] == SECRETS["password"]
    assert (second.json()["password"], second.json()["credentialsVersion"]) == ("changed", 2)
    assert "Idempotent-Replayed" not in second
    assert not StoredAnswer.objects.exists()
    assert ConnectionEvent.objects.filter(type="CREDENTIALS_READ").count() == 2


def change_credentials_of(connection_id, password):
    connection = Connection.objects.get(pk=connection_id)
    change_credentials(connection, credentials={"username": "u", "password": password}, by=CONTRIBUTOR)


def test_no_other_response_or_log_has_credentials(company, caplog):
    """Calls every operation with every scope, on a connection with all credentials."""
    caplog.set_level(logging.DEBUG)
    everything = caller(company, *OF_LIVE_KEYS)
    body = {"url": "https://portal.example.com/login", **SECRETS}
    made = everything.post(f"connection/company/{company.pk}", body, Idempotency_Key="kept")
    ids = path_ids(company) | {"connection_id": made.json()["id"]}
    tried = 0
    for operation in operations():
        if operation.route.endswith("/credentials"):
            continue
        path, body = operation.path(ids), operation.example_body
        call = getattr(everything, operation.method)
        answer = call(path) if operation.method == "get" else call(path, body)
        hidden(answer.content)
        tried += 1
    hidden(made.content)
    hidden(caplog.text)
    assert tried > 15


def test_rejected_body_is_not_repeated(api, company, caplog):
    caplog.set_level(logging.DEBUG)
    for wrong in ({"country": "XX"}, {"passwort": SECRETS["password"]}, {"username": ["x"]}, {"password": ""}):
        answer = create(api, company, **wrong)
        assert answer.status_code == 400
        hidden(answer.content)
    hidden(caplog.text)


def test_collector_key_allows_only_its_work(company, connection_id):
    collector = caller(company, *SCOPES)
    path = f"connection/company/{company.pk}"

    assert collector.get(path, {"status": "PENDING"}).json()["connections"][0]["id"] == connection_id
    assert collector.get(f"connection/{connection_id}/details").status_code == 200
    version = collector.post(f"connection/{connection_id}/credentials").json()["credentialsVersion"]
    report = {"status": "CONNECTED", "credentialsVersion": version}
    assert collector.post(f"connection/{connection_id}/status", report).status_code == 200

    problem_in(create(collector, company), 403)
    for path in ("company", f"site/company/{company.pk}", f"invitation/company/{company.pk}"):
        problem_in(collector.get(path), 403)
    problem_in(collector.post(f"invitation/connection/{connection_id}"), 403)
    problem_in(collector.post(f"invitation/company/{company.pk}"), 403)
