"""Partitions of the past, in the transaction of a test."""

from datetime import datetime

from django.db import connection

from config.db.uuid7 import first_uuid7_at
from tests.database import execute

TABLES = ("companies_partnerevent", "companies_webhookdelivery", "companies_webhookattempt")


def replace_partitions(*, starts: datetime, ends: datetime) -> None:
    """Leave one partition of each table, and the one for other rows. Rows of the others are lost."""
    for table in TABLES:
        for partition in partitions_of(table) - {"other"}:
            execute(f"DROP TABLE {table}_{partition}")
        execute(f"CREATE TABLE {table}_past (LIKE {table}_other INCLUDING ALL)")
        bounds = f"FROM ('{first_uuid7_at(starts)}') TO ('{first_uuid7_at(ends)}')"
        execute(f"ALTER TABLE {table} ATTACH PARTITION {table}_past FOR VALUES {bounds}")


def partitions_of(table: str) -> set[str]:
    """Last parts of the names, such as `20261201`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT partition::text FROM partitions_of(%s)", [table])
        return {name.removeprefix(f"{table}_") for (name,) in cursor.fetchall()}
