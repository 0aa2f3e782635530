"""Find and replace one person's address in columns of text, JSON and arrays."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model


@dataclass(frozen=True)
class PersonalColumn:
    """A column that may have addresses, also in the middle of a text.

    One that `becomes_null` holds one address and nothing else, so it needs no replacement.
    """

    model: type[Model]
    name: str
    becomes_null: bool = False

    @property
    def table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def column(self) -> str:
        return connection.ops.quote_name(self._field.column)

    @property
    def key(self) -> str:
        primary_key: Any = self.model._meta.pk
        return connection.ops.quote_name(primary_key.column)

    @property
    def db_type(self) -> str:
        return str(self._field.db_type(connection))

    @property
    def _field(self) -> Any:
        return self.model._meta.get_field(self.name)


def find_address(columns: Sequence[PersonalColumn], address: str) -> Iterator[tuple[PersonalColumn, str, str]]:
    """Yield the column, the row's id and the value as text for each value that contains `address`."""
    for each in columns:
        value = f"{each.column}::text"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {each.key}::text, {value} FROM {each.table} "  # noqa: S608 - quoted names of our models
                f"WHERE strpos(lower({value}), %(address)s) > 0 AND {value} ~* %(pattern)s ORDER BY {each.key}",
                {"address": address, "pattern": _pattern(address)},
            )
            yield from ((each, key, text) for key, text in cursor.fetchall())


def replace_address(columns: Sequence[PersonalColumn], address: str, replacement: str) -> int:
    """Replace `address`, in any case, in all rows. Returns how many values were changed."""
    changed = 0
    for each in columns:
        value = f"{each.column}::text"
        with connection.cursor() as cursor:
            # a cast to varchar(n) cuts the text, so a replacement never exceeds the column
            new = f"regexp_replace({value}, %(pattern)s, %(replacement)s, 'gi')::{each.db_type}"
            cursor.execute(
                f"UPDATE {each.table} SET {each.column} = {'NULL' if each.becomes_null else new} "  # noqa: S608
                f"WHERE strpos(lower({value}), %(address)s) > 0 AND {value} ~* %(pattern)s",
                {"address": address, "pattern": _pattern(address), "replacement": replacement},
            )
            changed += cursor.rowcount
    return changed


def _pattern(address: str) -> str:
    """Regular expression of PostgreSQL for the whole address: not `anna@example.com` in `joanna@example.com`."""
    return rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)"
