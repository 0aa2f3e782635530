"""Locks on a name, for what must not happen twice at once and has no row to lock."""

import hashlib

from django.db import connection


def try_lock(name: str) -> bool:
    """Take the lock to the end of the transaction. Returns False at once when somebody else has it."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [number])
        (locked,) = cursor.fetchone()
    return bool(locked)
