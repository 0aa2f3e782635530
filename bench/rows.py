"""Rows that a request writes, in a form in which two equal requests write the same."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from invitations.models.tokens import decrypt_token, hash_token

ID = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
NOW = timedelta(minutes=5)
# its time of use is stored once a minute, by the server that is asked first
IGNORED = {"companies_apikey"}
Rows = dict[str, list[Any]]


@contextmanager
def written() -> Iterator[Rows]:
    """Yield a dict that has every row written in the block afterwards, by table, without what differs each time."""
    rows: Rows = {}
    ((since,),) = _query("SELECT pg_current_xact_id()::xid::text::bigint")
    yield rows
    for (table,) in _query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"):
        found = _query(f'SELECT to_jsonb(t)::text FROM "{table}" t WHERE xmin::text::bigint > {since}')
        if found and table not in IGNORED:
            rows[table] = [_unsealed(json.loads(row)) for (row,) in found]
    rows.update(comparable(rows, now=datetime.now(UTC)))


def comparable(rows: Rows, *, now: datetime) -> Rows:
    """Replace ids by numbers in order of appearance, and times near `now` by words. Sort rows by the rest."""
    numbers: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0].replace("-", ""), f"id {len(numbers)}")

    def replace(row: dict[str, Any]) -> Any:
        return json.loads(ID.sub(name, TIME.sub(lambda found: _relative(found[0], now), json.dumps(row))))

    def rest(row: dict[str, Any]) -> str:
        return ID.sub("", TIME.sub("", json.dumps(row)))

    return {
        table: [replace(row) for row in sorted(map(_without_numbers, rows[table]), key=rest)] for table in sorted(rows)
    }


def _relative(text: str, now: datetime) -> str:
    moment = datetime.fromisoformat(text)
    if abs(moment - now) < NOW:
        return "now"
    return text if moment < now else f"in {round((moment - now) / timedelta(days=1))} days"


def _without_numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Drop keys that the database counts."""
    return {name: value for name, value in row.items() if not (name in ("id", "job_id") and isinstance(value, int))}


def _unsealed(row: dict[str, Any]) -> dict[str, Any]:
    """Decrypt, and check the hash of a token."""
    if "encrypted_token" in row:
        token = decrypt_token(_bytes(row["encrypted_token"]), owner_id=row["id"])
        row["token_hash"] = _bytes(row["token_hash"]) == hash_token(token)
        row["encrypted_token"] = f"{len(token)} characters"
    if row.get("encrypted"):
        associated_data = f"credential:{row['connection_id']}"
        row["encrypted"] = settings.KEYRING.decrypt(_bytes(row["encrypted"]), associated_data=associated_data).decode()
    return row


def _bytes(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.removeprefix("\\x"))


def _query(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
