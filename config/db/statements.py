"""Statements that are written once and run often, without Django's cursor."""

import re
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import RawCursor
from psycopg.rows import tuple_row

from config.db.replica import reading_alias

PARAMETER = re.compile(r"%\((\w+)\)s")
Row = tuple[Any, ...]


class Statement:
    """SQL with parameters as `%(name)s`, which returns rows.

    psycopg's own cursor runs it on Django's connection, in Django's transaction, and with Django's exceptions. It is
    prepared the first time, unless the pooler forbids it. PostgreSQL must know the type of each parameter: add a cast
    to those that may be None. `may_be_stale`: inside of `config.db.replica.read` it asks the replica.
    """

    def __init__(self, sql: str, *, may_be_stale: bool = False) -> None:
        self.sql = sql
        self.may_be_stale = may_be_stale
        self.names = tuple(dict.fromkeys(PARAMETER.findall(sql)))
        numbers = {name: f"${number}" for number, name in enumerate(self.names, start=1)}
        # PostgreSQL's own form: psycopg need not rewrite it each time
        self._numbered: Any = PARAMETER.sub(lambda found: numbers[found[1]], sql).replace("%%", "%")

    def rows(self, **values: Any) -> list[Row]:
        database: Any = connections[reading_alias() if self.may_be_stale else DEFAULT_DB_ALIAS]
        if database.queries_logged or database.execute_wrappers:  # tests count queries at Django's cursor
            with database.cursor() as logged:
                logged.execute(self.sql, values)
                found: list[Row] = logged.fetchall()
                return found
        database.validate_thread_sharing()
        database.ensure_connection()
        database.validate_no_broken_transaction()
        with database.wrap_database_errors:
            cursor = RawCursor(database.connection, row_factory=tuple_row)
            cursor.execute(self._numbered, [values[name] for name in self.names], prepare=True)
            return cursor.fetchall()

    def row(self, **values: Any) -> Row | None:
        """Return the first row, or None."""
        rows = self.rows(**values)
        return rows[0] if rows else None
