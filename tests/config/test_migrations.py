"""Migrations are compatible with the previous version, which still runs during a deployment."""

import pytest
from django.contrib.postgres.operations import ValidateConstraint
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

APPS = {"companies", "connections", "invitations"}
ADDING = (
    migrations.CreateModel,
    migrations.AddField,
    migrations.AddIndex,
    migrations.RemoveIndex,  # queries do not name indexes
    migrations.AddConstraint,
    migrations.RemoveConstraint,  # code does not rely on a removed constraint
    ValidateConstraint,
    migrations.AlterModelOptions,
    migrations.AlterField,
    migrations.RunPython,
    migrations.RunSQL,
    migrations.SeparateDatabaseAndState,
)


def later_migrations():
    """All migrations of our apps but the initial ones, before which no version ran."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [
        migration
        for (app, _), migration in sorted(loader.disk_migrations.items())
        if app in APPS and not migration.initial
    ]


def test_later_migrations_only_add():
    for migration in later_migrations():
        for operation in migration.operations:
            assert isinstance(operation, ADDING), f"{migration}: {operation.describe()}"


def test_added_columns_have_a_default():
    for migration in later_migrations():
        for operation in migration.operations:
            if isinstance(operation, migrations.AddField) and not operation.field.many_to_many:
                field, name = operation.field, f"{operation.model_name}.{operation.name}"
                assert field.null or field.db_default is not NOT_PROVIDED, name


@pytest.mark.django_db
def test_every_constraint_is_validated():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        assert cursor.fetchall() == []
