"""Extensions of PostgreSQL."""

import pytest
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.state import ProjectState

from config.db.extensions import RequiredExtension

pytestmark = pytest.mark.django_db


def create(name: str) -> None:
    state = ProjectState()
    with connection.schema_editor(atomic=False) as editor:
        RequiredExtension(name).database_forwards("companies", editor, state, state)


def test_present_extension_is_accepted():
    create("pg_trgm")


def test_missing_extension_is_one_sentence():
    with pytest.raises(CommandError, match=r"have an administrator run CREATE EXTENSION there_is_none; in it"):
        create("there_is_none")
