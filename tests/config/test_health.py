"""Alive, and ready."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config.redaction import JSONFormatter
from tests.config.serving import Served


def test_it_is_ready_when_every_migration_has_been_applied(db):
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready"}


def test_before_its_migrations_it_is_not_ready_and_says_why(db):
    MigrationRecorder.Migration.objects.filter(app="invitations").order_by("-id").first().delete()

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reason": "1 migrations have not been applied."}
    assert answer["Retry-After"]
    assert Client().get("/healthz").status_code == 200


def test_whoever_asks_again_makes_it_read_no_migration_from_the_disk_and_ask_the_database_little(
    db, django_assert_max_num_queries, monkeypatch
):
    Client().get("/readyz")
    monkeypatch.setattr("os.listdir", None)
    monkeypatch.setattr("pkgutil.iter_modules", None)

    with django_assert_max_num_queries(2):
        assert Client().get("/readyz").status_code == 200


def test_a_migration_that_is_taken_back_while_it_runs_is_told(db):
    assert Client().get("/readyz").status_code == 200
    MigrationRecorder(connection).record_unapplied("companies", "0001_initial")

    assert Client().get("/readyz").status_code == 503


def test_a_database_without_any_migration_is_not_ready(db):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")

    assert "migrations have not been applied" in Client().get("/readyz").json()["reason"]


def test_alive_it_says_so_without_a_database():
    # this test may not touch one: pytest-django would refuse
    assert Client().get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_neither_answer_is_kept(db, path):
    assert "no-cache" in Client().get(path)["Cache-Control"]


STRANGE_HOSTS = ["10.0.0.7:8000", "latchkey-web-5d9f", "evil.example", "-", "a_b", "[::1", ""]


@pytest.mark.parametrize("host", STRANGE_HOSTS)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_is_answered_whatever_host_it_names_and_over_http(db, settings, path, host):
    settings.ALLOWED_HOSTS = ["connect.example.org"]
    settings.SECURE_SSL_REDIRECT = True

    assert Client().get(path, headers={"Host": host}).status_code == 200
    assert Client().head(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/v2/ping", "/admin/", "/p/i/x", "/healthz/", "/healthz/x", "//healthz", "/readyz%20", "/v2/readyz"]
)
def test_nothing_else_is_reached_by_the_name_of_another_host(db, settings, caplog, path):
    settings.ALLOWED_HOSTS = ["connect.example.org"]

    assert Client().get(path, headers={"Host": "evil.example"}).status_code == 400
    (line,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert "\n" not in JSONFormatter().format(line)
    assert "Traceback" not in JSONFormatter().format(line)


def test_a_probe_only_looks(db, settings):
    settings.ALLOWED_HOSTS = ["connect.example.org"]

    assert Client().post("/readyz", headers={"Host": "evil.example"}).status_code == 400
    assert Client().post("/readyz", headers={"Host": "connect.example.org"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_it_is_alive_and_not_ready_and_then_ready_again():
    reachable = connection.settings_dict
    connection.close()
    connection.settings_dict = reachable | {"HOST": "/nowhere"}
    try:
        not_ready = Served("/readyz")
        alive = Served("/healthz")
    finally:
        connection.settings_dict = reachable

    assert (not_ready.status, not_ready.headers["retry-after"]) == (503, "5")
    assert b"does not answer" in not_ready.body
    assert b"nowhere" not in not_ready.body
    assert alive.status == 200
    assert Served("/readyz").status == 200
