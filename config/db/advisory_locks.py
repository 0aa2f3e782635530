"""Transaction-level advisory locks by name, for operations that have no row to lock."""

import hashlib

from django.db import connection


def try_lock(name: str) -> bool:
    """Take the lock until the end of the transaction. Return False at once if another transaction holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [_key(name)])
        (is_locked,) = cursor.fetchone()
    return bool(is_locked)


def wait_for_lock(name: str) -> None:
    """Wait for the lock and keep it until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [_key(name)])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
