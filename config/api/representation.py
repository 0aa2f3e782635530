"""JSON of rows and models, compiled from the output serializer: the only declaration of a field of a response."""

from collections.abc import Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import Model
from orjson import Fragment
from rest_framework import serializers

from config.db.wire_text import column

NESTED = (serializers.BaseSerializer, serializers.ListField, serializers.DictField)


class Representation:
    """Function from a row to the dict that an output serializer declares.

    A field shows the attribute that its `source` names, as it is: `to_json` knows UUIDs and times. The caller passes
    the values of `computed` fields. Compiled once, because a serializer takes ten times as long for a list of 100.
    """

    def __init__(self, serializer_class: type[serializers.Serializer[Any]], *, computed: Iterable[str] = ()) -> None:
        fields: dict[str, Any] = dict(serializer_class().fields.items())
        self.computed = tuple(computed)
        if unknown := set(self.computed) - fields.keys():
            raise TypeError(f"{serializer_class.__name__} has no field {', '.join(sorted(unknown))}")
        self._sources = {name: field.source or name for name, field in fields.items()}
        self._nested = tuple(name for name, field in fields.items() if isinstance(field, NESTED))
        plain = [name for name in fields if name not in self.computed]
        self.columns = tuple(fields[name].source or name for name in plain)
        available = [*plain, *self.computed]
        self._names = tuple(fields)
        self._values = attrgetter(*self.columns)
        self._in_order = itemgetter(*(available.index(name) for name in fields))

    def __call__(self, row: Any, **computed: Any) -> dict[str, Any]:
        if len(computed) != len(self.computed):
            raise TypeError(f"computed fields are {', '.join(self.computed)}, not {', '.join(computed)}")
        values = (*self._values(row), *map(computed.__getitem__, self.computed))
        return dict(zip(self._names, self._in_order(values), strict=True))

    def expressions(self, model: type[Model], **computed: str) -> dict[str, str]:
        """Return the SQL of each field, in order: that of its column, unless it is `computed`."""
        return {name: computed.get(name) or column(model, source) for name, source in self._sources.items()}

    def select(self, model: type[Model], **computed: str) -> str:
        """Write what a statement selects for `read`."""
        expressions = self.expressions(model, **computed).items()
        return ", ".join(f"({sql})::text" if name in self._nested else sql for name, sql in expressions)

    def read(self, row: Sequence[Any]) -> dict[str, Any]:
        """Return the fields of a row of `select`. PostgreSQL wrote their texts and JSON, which stay as they are."""
        fields = dict(zip(self._names, row, strict=False))
        for name in self._nested:
            fields[name] = Fragment(fields[name])
        return fields
