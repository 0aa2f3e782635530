"""Locks on a name, for what must not happen twice at once and has no row to lock."""

import hashlib

from django.db import connection


def try_lock(name: str) -> bool:
    """Take the lock to the end of the transaction. Returns False at once when somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [_number(name)])
        (locked,) = cursor.fetchone()
    return bool(locked)


def wait_for_lock(name: str) -> None:
    """Take the lock to the end of the transaction, as soon as nobody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [_number(name)])


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
