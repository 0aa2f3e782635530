"""A table with rows becomes a partitioned one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from config.db.partitions import divide
from config.db.uuid7 import first_uuid7_at
from tests.database import execute

pytestmark = pytest.mark.django_db
OLD, NOW, FUTURE = (first_uuid7_at(timezone.now(), shift=timedelta(days=days)) for days in (-900, 0, 900))


def found(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture
def divided():
    execute("CREATE ROLE latchkey_reader")
    execute("CREATE TABLE items (id uuid PRIMARY KEY, name text UNIQUE, amount int DEFAULT 3 CHECK (amount > 0))")
    execute("CREATE INDEX items_amount ON items (amount) WHERE amount > 1")
    execute("GRANT SELECT ON items TO latchkey_reader")
    execute(f"INSERT INTO items VALUES ('{OLD}', 'old'), ('{FUTURE}', 'future')")
    with connection.schema_editor() as editor:
        for _ in range(2):  # the second one finds it done
            divide(editor, "items", key="id", unit="month")


def test_rows_indexes_and_rights_stay(divided):
    execute(f"INSERT INTO items VALUES ('{NOW}', 'now')")

    assert found("SELECT tableoid::regclass::text, name, amount FROM items ORDER BY id") == [
        ("items_first", "old", 3),
        ("items_first", "now", 3),
        ("items_other", "future", 3),
    ]
    indexes = found("SELECT tablename, count(*) FROM pg_indexes WHERE tablename LIKE 'items%' GROUP BY 1 ORDER BY 1")
    assert indexes == [("items", 2), ("items_first", 3), ("items_other", 3)]
    assert found("SELECT indexname FROM pg_indexes WHERE tablename = 'items' ORDER BY 1") == [
        ("items_amount",),
        ("items_pkey",),
    ]
    assert found("SELECT has_table_privilege('latchkey_reader', 'items', 'SELECT')") == [(True,)]


def test_constraints_hold_after_the_division(divided):
    for row in ("'old'", "'other', 0"):
        with pytest.raises(IntegrityError), transaction.atomic():
            execute(f"INSERT INTO items VALUES ('{NOW}', {row})")
    # the bound of the first partition is no constraint any more
    assert found("SELECT conname FROM pg_constraint WHERE conname LIKE 'items%end_of_first'") == []
