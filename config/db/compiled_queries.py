"""Querysets whose SQL Django writes once.

For a look-up by key, Django takes several times longer to write the SQL than PostgreSQL to answer it. A compiled query
is written at its first call; later calls only replace its values. Rows become models as usual.
"""

import os
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import connections, models
from django.db.models.query import ModelIterable

Row = TypeVar("Row", bound=models.Model)
PLACEHOLDERS: dict[type, Callable[[], Any]] = {UUID: uuid4, bytes: lambda: os.urandom(32)}


def compiled(build: Callable[..., models.QuerySet[Row]]) -> Callable[..., list[Row]]:
    """Decorate a function that builds a queryset; the result returns a list of models.

    The function takes keyword arguments annotated as `UUID` or `bytes`, never None. They may appear in the query
    unchanged, as often as needed. The rest of the query must not depend on them.
    """
    types = {name: kind for name, kind in build.__annotations__.items() if name != "return"}
    cache: dict[str, CompiledQuery] = {}

    @wraps(build)
    def rows(**values: Any) -> list[Row]:
        if values.keys() != types.keys():
            raise TypeError(f"{build.__name__} takes {', '.join(types)}")
        if "query" not in cache:
            cache["query"] = CompiledQuery(build, {name: PLACEHOLDERS[kind]() for name, kind in types.items()})
        return cache["query"].rows(values)

    return rows


class CompiledQuery:
    """The SQL of a queryset, and the positions of each argument among its parameters."""

    def __init__(self, build: Callable[..., models.QuerySet[Any]], placeholders: dict[str, Any]) -> None:
        queryset = build(**placeholders)
        self.model, self.using = queryset.model, queryset.db
        self.compiler = queryset.query.get_compiler(self.using)
        self.sql, parameters = self.compiler.as_sql()
        # binary values are wrapped for the driver
        self.parameters = [getattr(parameter, "obj", parameter) for parameter in parameters]
        self.positions = {name: _positions(self.parameters, value) for name, value in placeholders.items()}
        if unused := [name for name, positions in self.positions.items() if not positions]:
            raise TypeError(f"the query does not contain {', '.join(unused)}")

    def rows(self, values: dict[str, Any]) -> list[Any]:
        parameters = list(self.parameters)
        for name, positions in self.positions.items():
            for position in positions:
                parameters[position] = values[name]
        query: Any = _BoundQuery(self.compiler, self.sql, tuple(parameters))
        # a new queryset: `copy` of the first one would evaluate it
        return list(ModelIterable(models.QuerySet(self.model, query=query, using=self.using)))


class _BoundQuery:
    """Replacement for `QuerySet.query` whose SQL is already written."""

    def __init__(self, compiler: Any, sql: str, parameters: tuple[Any, ...]) -> None:
        self.compiler = copy(compiler)  # one for each call: threads run the same query at once
        self.compiler.as_sql = lambda *args, **kwargs: (sql, parameters)

    def get_compiler(self, using: str, **kwargs: Any) -> Any:
        self.compiler.connection = connections[using]
        return self.compiler


def _positions(parameters: list[Any], placeholder: Any) -> list[int]:
    return [position for position, parameter in enumerate(parameters) if parameter == placeholder]
