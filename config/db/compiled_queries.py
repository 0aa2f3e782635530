"""Queries that Django builds once.

For a look-up by key Django needs several times as long to write the SQL as PostgreSQL to answer it. A prepared query
is written when it is first asked, and from then on run with other values; rows become models as ever.
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


def prepared(build: Callable[..., models.QuerySet[Row]]) -> Callable[..., list[Row]]:
    """Makes of a function that returns a queryset one that returns its rows, a list of models.

    Its keyword arguments, annotated as `UUID` or `bytes` and never None, are the values of the query: they may stand
    in it as they are, as often as needed, and nothing else of the query may depend on them.
    """
    kinds = {name: kind for name, kind in build.__annotations__.items() if name != "return"}
    written: dict[str, _Written] = {}

    @wraps(build)
    def rows(**values: Any) -> list[Row]:
        if values.keys() != kinds.keys():
            raise TypeError(f"{build.__name__} takes {', '.join(kinds)}")
        if "query" not in written:
            written["query"] = _Written(build, {name: PLACEHOLDERS[kind]() for name, kind in kinds.items()})
        return written["query"].rows(values)

    return rows


class _Written:
    """A query with the SQL that Django wrote for it, and where in its parameters which value stands."""

    def __init__(self, build: Callable[..., models.QuerySet[Any]], stand_ins: dict[str, Any]) -> None:
        queryset = build(**stand_ins)
        self.model, self.using = queryset.model, queryset.db
        self.compiler = queryset.query.get_compiler(self.using)
        self.sql, parameters = self.compiler.as_sql()
        # binary values come wrapped for the driver
        self.parameters = [getattr(parameter, "obj", parameter) for parameter in parameters]
        self.places = {name: _places(self.parameters, stand_in) for name, stand_in in stand_ins.items()}
        if unused := [name for name, places in self.places.items() if not places]:
            raise TypeError(f"the query does not contain {', '.join(unused)}")

    def rows(self, values: dict[str, Any]) -> list[Any]:
        parameters = list(self.parameters)
        for name, places in self.places.items():
            for place in places:
                parameters[place] = values[name]
        ready: Any = _Ready(self.compiler, self.sql, tuple(parameters))
        # not a copy of the queryset that was written: Python's `copy` runs a queryset first
        return list(ModelIterable(models.QuerySet(self.model, query=ready, using=self.using)))


class _Ready:
    """Stands where the queryset has its query, and has nothing left to write."""

    def __init__(self, compiler: Any, sql: str, parameters: tuple[Any, ...]) -> None:
        self.compiler = copy(compiler)  # of its own: threads run the same query at once
        self.compiler.as_sql = lambda *args, **kwargs: (sql, parameters)

    def get_compiler(self, using: str, **kwargs: Any) -> Any:
        self.compiler.connection = connections[using]
        return self.compiler


def _places(parameters: list[Any], stand_in: Any) -> list[int]:
    return [place for place, parameter in enumerate(parameters) if parameter == stand_in]
