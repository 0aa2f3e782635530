"""INSERTs of models as parts of statements that change several tables."""

import re
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

LENGTH = re.compile(r"\(\d+\)")  # a cast to varchar(n) would cut a text that is too long


class Insert:
    """INSERT of a whole row: `sql`, with parameters `{alias}_{attribute}`, and their `values`."""

    def __init__(self, model: type[models.Model], alias: str) -> None:
        self.fields: dict[str, Any] = {f"{alias}_{field.attname}": field for field in model._meta.concrete_fields}
        # psycopg knows the values of the others
        self.adapted = {name: field for name, field in self.fields.items() if _is_adapted(field)}
        self.json = [name for name, field in self.fields.items() if isinstance(field, models.JSONField)]
        self.into = f"INSERT INTO {model._meta.db_table} ({', '.join(field.column for field in self.fields.values())})"
        types = {name: LENGTH.sub("", field.db_type(connection)) for name, field in self.fields.items()}
        self.parameters = ", ".join(f"%({name})s::{kind}" for name, kind in types.items())
        self.sql = f"{self.into} VALUES ({self.parameters})"

    def only_from(self, part: str) -> str:
        """Write the INSERT for a WITH: it inserts the row if the earlier `part` has returned one."""
        return f"{self.into} SELECT {self.parameters} FROM {part}"

    def values(self, row: models.Model) -> dict[str, Any]:
        """Return the values of an unsaved row, as `save` would write them, and mark it as saved."""
        row._state.adding = False
        values = {name: getattr(row, field.attname) for name, field in self.fields.items()}
        for name, field in self.adapted.items():
            values[name] = field.get_db_prep_save(field.pre_save(row, True), connection)
        for name in self.json:  # ten times faster than by Django and psycopg
            values[name] = None if values[name] is None else orjson.dumps(values[name]).decode()
        return values


def _is_adapted(field: Any) -> bool:
    return isinstance(field, ArrayField) or getattr(field, "auto_now", False)
