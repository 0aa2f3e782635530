"""Two versions run during a deployment: a migration only adds, and what it adds needs nothing of the older code."""

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
    migrations.RemoveIndex,  # no query names one
    migrations.AddConstraint,
    migrations.RemoveConstraint,  # a rule that is gone, or has come back as a stricter one, is none that code stands on
    ValidateConstraint,
    migrations.AlterModelOptions,
    migrations.AlterField,
    migrations.RunPython,
    migrations.RunSQL,
    migrations.SeparateDatabaseAndState,
)


def later_migrations():
    """Every migration of ours but the first of each app, which no older code has run beside."""
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
