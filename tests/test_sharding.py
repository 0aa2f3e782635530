"""docs/sharding.md has every table and every key of the database."""

import re
from collections import defaultdict
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

PAGE = Path(settings.BASE_DIR, "docs/sharding.md").read_text(encoding="utf-8")
CODE = {"companies", "connections", "invitations"}
KEYS = """
    SELECT relname, contype = 'f', string_agg(attname, ', ' ORDER BY place)
    FROM (
        SELECT conrelid AS relation, contype, oid AS key, number, place
        FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS column_of (number, place)
        WHERE contype IN ('p', 'u', 'f') AND conparentid = 0
        UNION ALL
        SELECT indrelid, 'x', indexrelid, number, place
        FROM pg_index, unnest(indkey) WITH ORDINALITY AS column_of (number, place)
        WHERE indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ) AS keys
    JOIN pg_class ON pg_class.oid = relation AND NOT relispartition
    JOIN pg_attribute ON attrelid = relation AND attnum = number
    GROUP BY relname, contype, key
"""


def test_sharding_names_every_table():
    tables = {each._meta.db_table for each in apps.get_models(include_auto_created=True) if is_ours(each._meta)}

    assert {table for table in tables if f"`{table}`" not in PAGE} == set()


def test_sharding_names_every_key(db):
    """Tables that each machine has as a whole keep theirs."""
    said = {
        table: [quoted(unique), quoted(foreign)]
        for table, unique, foreign in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
    }
    found = defaultdict(lambda: [set(), set()])
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        for table, is_foreign, columns in cursor.fetchall():
            found[table][is_foreign].add(columns)

    assert said == {table: found[table] for table in said}
    assert len(said) > 30


def is_ours(meta):
    return meta.app_label in CODE and meta.managed


def quoted(cell):
    return set(re.findall("`(.*?)`", cell))
