"""Liveness and readiness probes."""

import base64

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config.crypto.keyring import Keyring
from config.http.static_files import _own_files, check_static_files
from config.redaction import JSONFormatter
from tests.config.serving import Served
from tests.factories import make_invitation


def test_ready_with_every_migration(db):
    response = Client().get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "ready"}


def test_missing_migration_is_not_ready(db):
    MigrationRecorder.Migration.objects.filter(app="invitations").order_by("-id").first().delete()

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "reason": "1 migrations have not been applied."}
    assert response["Retry-After"]
    assert Client().get("/healthz").status_code == 200


def test_missing_encryption_key_is_not_ready(db, settings):
    make_invitation()
    assert Client().get("/readyz").status_code == 200
    settings.KEYRING = Keyring([base64.b64encode(b"k" * 32).decode()])

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert "ENCRYPTION_KEYS" in response.json()["reason"]


def test_missing_static_files_are_not_ready(db, monkeypatch):
    monkeypatch.setattr(staticfiles_storage, "hashed_files", {}, raising=False)

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert "collectstatic" in response.json()["reason"]
    with pytest.raises(ImproperlyConfigured, match="collectstatic"):
        check_static_files()


def test_collected_static_files_are_ready(db, monkeypatch):
    collected = dict.fromkeys(["img/extra.svg", *_own_files()], "name")
    monkeypatch.setattr(staticfiles_storage, "hashed_files", collected, raising=False)

    assert Client().get("/readyz").status_code == 200


def test_probe_is_cheap(db, django_assert_max_num_queries, monkeypatch):
    Client().get("/readyz")
    monkeypatch.setattr("os.listdir", None)
    monkeypatch.setattr("pkgutil.iter_modules", None)

    with django_assert_max_num_queries(3):
        assert Client().get("/readyz").status_code == 200


def test_unapplied_migration_is_noticed(db):
    assert Client().get("/readyz").status_code == 200
    MigrationRecorder(connection).record_unapplied("companies", "0001_initial")

    assert Client().get("/readyz").status_code == 503


def test_empty_database_is_not_ready(db):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")

    assert "migrations have not been applied" in Client().get("/readyz").json()["reason"]


def test_alive_without_database():
    # pytest-django forbids queries in a test without `db`
    assert Client().get("/healthz").json() == {"status": "alive"}


def test_probes_are_not_cached(db):
    for path in ("/healthz", "/readyz"):
        assert "no-cache" in Client().get(path)["Cache-Control"]


def test_probes_answer_any_host_over_http(db, settings):
    settings.ALLOWED_HOSTS = ["connect.example.org"]
    settings.SECURE_SSL_REDIRECT = True

    for path in ("/healthz", "/readyz"):
        for host in ("10.0.0.7:8000", "latchkey-web-5d9f", "[::1", ""):
            assert Client().get(path, headers={"Host": host}).status_code == 200
        assert Client().head(path, headers={"Host": host}).status_code == 200


def test_other_paths_check_the_host(db, settings, caplog):
    settings.ALLOWED_HOSTS = ["connect.example.org"]

    for path in ("/", "/v2/ping", "/admin/", "/p/i/x", "/healthz/", "//healthz", "/readyz%20", "/v2/readyz"):
        caplog.clear()
        assert Client().get(path, headers={"Host": "evil.example"}).status_code == 400, path
        (record,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
        line = JSONFormatter().format(record)
        assert "\n" not in line
        assert "Traceback" not in line


def test_probes_accept_only_get_and_head(db, settings):
    settings.ALLOWED_HOSTS = ["connect.example.org"]

    assert Client().post("/readyz", headers={"Host": "evil.example"}).status_code == 400
    assert Client().post("/readyz", headers={"Host": "connect.example.org"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_readiness_follows_the_database():
    reachable = connection.settings_dict
    connection.close()
    connection.settings_dict = reachable | {"HOST": "/nowhere"}
    try:
        not_ready = Served("/readyz")
        alive = Served("/healthz")
    finally:
        connection.settings_dict = reachable

    assert (not_ready.status, not_ready.headers["retry-after"]) == (503, "5")
    assert b"does not respond" in not_ready.body
    assert b"nowhere" not in not_ready.body
    assert alive.status == 200
    assert Served("/readyz").status == 200
