"""Choice of the database by `DATABASE_URL`."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import database

BROKEN_URLS = [
    "nonsense",
    "://",
    "mysql://me:sekret@localhost/db",
    "oracle2://me:sekret@localhost/db",
    "postgres://me:sekret@localhost:port/db",
    "postgres://me:se/kret@localhost:5432/db",
    "postgres://me:12/34@localhost:5432/db",
    "postgres://me:12#34@localhost:5432/db",
    "postgres://me:12?34@localhost:5432/db",
    "postgres://me:se%kret@localhost:5432/db",
    "postgres://me:sekret@localhost",
    "postgres://me:[sekret]@localhost/db",
    "postgres://me:se]kret@localhost/db",
]


@pytest.mark.parametrize("url", BROKEN_URLS)
def test_broken_url_is_refused_without_repeating_it(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured) as refusal:
        database.connection_settings()

    assert str(refusal.value) == database.URL_SHAPE.format("DATABASE_URL")
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_broken_url_of_a_replica_is_named(monkeypatch):
    monkeypatch.setenv("REPLICA_URL", "nonsense")

    with pytest.raises(ImproperlyConfigured, match="REPLICA_URL must look like"):
        database.read_databases()


def test_replica_has_options_of_its_own(monkeypatch):
    monkeypatch.setenv("REPLICA_URL", "postgres://me@standby/latchkey")

    entries = database.read_databases()

    assert entries["replica"]["HOST"] == "standby"
    assert entries["replica"]["OPTIONS"]["connect_timeout"] < entries["default"]["OPTIONS"]["connect_timeout"]


def test_url_options_are_kept(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db.example.com:5433/latchkey?sslmode=require")

    entry = database.connection_settings()

    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example.com", 5433, "latchkey")
    assert entry["OPTIONS"] == {"sslmode": "require", **database.NETWORK_OPTIONS}


def test_url_may_name_a_socket(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me@%2FVar%2Frun%2Fpostgresql/latchkey")

    assert database.connection_settings()["HOST"] == "/Var/run/postgresql"


def test_url_options_replace_ours(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db.example.com/latchkey?tcp_user_timeout=5000")

    assert database.connection_settings()["OPTIONS"]["tcp_user_timeout"] == 5000


def test_pooler_is_none_or_transaction(monkeypatch):
    for value, is_pooled in {"": False, "none": False, "transaction": True}.items():
        monkeypatch.setenv("DATABASE_POOLER", value)
        assert database.is_pooled() is is_pooled

    monkeypatch.setenv("DATABASE_POOLER", "session")
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_POOLER must be none or transaction, not 'session'\.$"):
        database.is_pooled()


def test_missing_url_means_embedded_server(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")

    assert database.is_embedded()
    assert database.connection_settings()["NAME"] == "latchkey"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [(database.REQUEST_LIMITS, ["1min", "20s", "1min", "10s"]), (database.JOB_LIMITS, ["0", "0", "2min", "10s"])],
    ids=["request", "job"],
)
def test_sessions_of_each_kind_are_limited(monkeypatch, db, limits, expected):
    monkeypatch.setenv("PGOPTIONS", "")  # put back after the test
    monkeypatch.delenv("PGOPTIONS")
    database.limit_sessions(limits)

    names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
    with connection.copy().temporary_connection() as cursor:
        cursor.execute(
            "SELECT array_agg(current_setting(name)) FROM unnest(%s::text[]) AS name",
            [[*names, "client_connection_check_interval"]],
        )
        assert cursor.fetchone() == (expected,)


def test_pooler_gets_no_options(monkeypatch):
    monkeypatch.setenv("DATABASE_POOLER", "transaction")
    monkeypatch.setenv("PGOPTIONS", "")
    monkeypatch.delenv("PGOPTIONS")
    database.limit_sessions(database.JOB_LIMITS)

    assert "PGOPTIONS" not in os.environ
