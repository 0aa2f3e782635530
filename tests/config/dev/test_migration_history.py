"""Databases of earlier versions."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.dev.migration_history import refuse_earlier_versions
from tests.database import execute


@pytest.fixture(autouse=True)
def _database(db: None) -> None: ...


def test_current_database_is_accepted():
    execute("INSERT INTO django_migrations (app, name, applied) VALUES ('axes', '0001_squashed_since', now())")

    refuse_earlier_versions()


def test_unknown_migration_of_ours_is_refused(monkeypatch):
    execute("INSERT INTO django_migrations (app, name, applied) VALUES ('companies', '0007_lists', now())")
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with pytest.raises(ImproperlyConfigured, match=r"an earlier version of Latchkey: stop .*/\.data/postgres away"):
        refuse_earlier_versions()
