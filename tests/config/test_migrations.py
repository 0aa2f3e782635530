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
# on a table with rows, nothing else writes until they are done
LOCKING = (migrations.AddIndex, migrations.RemoveIndex, migrations.AddConstraint)
SMALL = {"partner", "branding", "datasource"}  # a few thousand rows
FIRST_THAT_DO_NOT = {"companies": "0020", "connections": "0007", "invitations": "0015"}


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
        new = {each.name_lower for each in migration.operations if isinstance(each, migrations.CreateModel)}
        for operation in migration.operations:
            is_added = isinstance(operation, migrations.AddField) and operation.model_name_lower not in new
            if is_added and not operation.field.many_to_many:
                field, name = operation.field, f"{operation.model_name}.{operation.name}"
                is_filled = field.generated or field.db_default is not NOT_PROVIDED
                assert field.null or is_filled, name


def test_new_migrations_let_others_write():
    """An index of a table with rows is built concurrently, and a constraint is added before it is validated."""
    for migration in later_migrations():
        new = {each.name_lower for each in migration.operations if isinstance(each, migrations.CreateModel)}
        for operation in migration.operations if migration.name >= FIRST_THAT_DO_NOT[migration.app_label] else ():
            is_short = type(operation) not in LOCKING or operation.model_name_lower in new | SMALL
            assert is_short, f"{migration}: {operation.describe()}"


@pytest.mark.django_db
def test_every_constraint_is_validated():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        assert cursor.fetchall() == []
