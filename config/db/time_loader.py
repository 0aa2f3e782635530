"""Times of PostgreSQL, loaded by the compiled code of psycopg.

Django sets a loader in Python, which replaces the zone of each value. That takes 3 µs for each time, four fifths of the
rows of a list of invitations. Our sessions and our times are both in UTC, so there is nothing to replace.
"""

from datetime import UTC
from typing import Any

import psycopg
from psycopg.pq import Format

TIMESTAMPTZ = psycopg.adapters.types["timestamptz"].oid


class UtcLoader:
    """Class of loaders for psycopg. Not a real class, because the compiled one allows no subclass."""

    format = Format.TEXT
    timezone = UTC  # Django compares it with its own, and would set its own loader for each cursor
    compiled: Any = psycopg.adapters.get_loader(TIMESTAMPTZ, Format.TEXT)

    def __call__(self, oid: int, context: Any = None) -> Any:
        return self.compiled(oid, context)


def load_times_fast(connection: Any, **_: Any) -> None:
    """Receive `connection_created`."""
    if connection.timezone == UTC:
        connection.connection.adapters.register_loader(TIMESTAMPTZ, UtcLoader())
