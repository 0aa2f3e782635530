"""JSON of rows and models, compiled from the output serializer: the only declaration of a field of a response."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from rest_framework import serializers


class Representation:
    """Function from a row to the dict that an output serializer declares.

    A field shows the attribute that its `source` names, as it is: `to_json` knows UUIDs and times. The caller passes
    the values of `computed` fields. Compiled once, because a serializer takes ten times as long for a list of 100.
    """

    def __init__(self, serializer_class: type[serializers.Serializer[Any]], *, computed: Iterable[str] = ()) -> None:
        fields = serializer_class().fields
        self.computed = frozenset(computed)
        if unknown := self.computed - fields.keys():
            raise TypeError(f"{serializer_class.__name__} has no field {', '.join(sorted(unknown))}")
        plain = {name: field.source or name for name, field in fields.items() if name not in self.computed}
        self.columns = tuple(plain.values())
        self._template = dict.fromkeys(fields)
        self._names = tuple(plain)
        self._values = attrgetter(*self.columns)

    def __call__(self, row: Any, **computed: Any) -> dict[str, Any]:
        if computed.keys() != self.computed:
            raise TypeError(f"computed fields are {sorted(self.computed)}, not {sorted(computed)}")
        return {**self._template, **dict(zip(self._names, self._values(row), strict=True)), **computed}
