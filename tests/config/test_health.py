"""Alive, and ready."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

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


def test_alive_it_says_so_without_a_database():
    # this test may not touch one: pytest-django would refuse
    assert Client().get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_neither_answer_is_kept(db, path):
    assert "no-cache" in Client().get(path)["Cache-Control"]


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
