"""Migrations beside transactions that hold locks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from companies.models import Site
from config.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)
IN_A_TRANSACTION, IN_NONE = "0001", "0002"


@pytest.fixture(autouse=True)
def short_tries(settings, monkeypatch):
    settings.MIGRATION_MODULES = {"config": "tests.config.management.locked_migrations"}
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)
    yield
    MigrationRecorder(connection).migration_qs.filter(app="config").delete()


@contextmanager
def reading_transaction() -> Iterator[threading.Event]:
    """Another connection that has read sites, until the event is set."""
    has_read, may_end = threading.Event(), threading.Event()

    def read() -> None:
        with transaction.atomic():
            Site.objects.exists()
            has_read.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    has_read.wait(30)
    try:
        yield may_end
    finally:
        may_end.set()
        thread.join()


class EndsReader(StringIO):
    """Output of the command. Its second try ends the transaction that is in the way."""

    def __init__(self, may_end: threading.Event) -> None:
        super().__init__()
        self.may_end = may_end

    def write(self, text: str) -> int:
        if self.getvalue().count("Trying again"):
            self.may_end.set()
        return super().write(text)


@pytest.mark.parametrize("name", [IN_A_TRANSACTION, IN_NONE])
def test_locked_table_is_tried_again(name):
    if name == IN_NONE:
        call_command("migrate", "config", IN_A_TRANSACTION, verbosity=0)
    with reading_transaction() as may_end:
        told = EndsReader(may_end)
        call_command("migrate", "config", name, verbosity=0, stderr=told)

    assert told.getvalue().count("Another transaction holds a lock.") >= 2
    assert MigrationRecorder(connection).migration_qs.filter(app="config", name__startswith=name).exists()


def test_lock_that_stays_is_one_sentence(monkeypatch):
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)

    with reading_transaction(), pytest.raises(migrate.NotFree, match="Run migrate again"):
        call_command("migrate", "config", verbosity=0, stderr=StringIO())

    assert not MigrationRecorder(connection).migration_qs.filter(app="config").exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
