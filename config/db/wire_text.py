"""SQL of values in the form in which the API sends them, so that Python need not read them and write them again."""

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.sql import Query
from psycopg import sql

# as `config.times.iso_8601`
ISO_8601 = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def column(model: type[models.Model], attribute: str) -> str:
    """Write the column of this attribute: a time or an id as its text, an array as JSON. Other columns stay."""
    field = next(field for field in model._meta.concrete_fields if field.attname == attribute)
    name = f"{model._meta.db_table}.{field.column}"
    if isinstance(field, models.DateTimeField):
        return ISO_8601.format(name)
    if isinstance(field, ArrayField):
        return f"to_json({name})"
    return f"{name}::text" if isinstance(field, (models.UUIDField, models.ForeignKey)) else name


def json_object(pairs: Mapping[str, str]) -> str:
    """Write a JSON object of names and expressions."""
    return f"json_build_object({', '.join(f'{_literal(name)}, {value}' for name, value in pairs.items())})"


def expression(model: type[models.Model], django_expression: Any) -> str:
    """Write an expression of Django, about columns of this model, with its parameters as literals."""
    query = Query(model)
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    text, parameters = compiler.compile(django_expression.resolve_expression(query))
    return str(text % tuple(_literal(parameter) for parameter in parameters))


def _literal(value: Any) -> str:
    return sql.Literal(value).as_string()
