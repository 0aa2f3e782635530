"""Query parameters and keyset pages: a page costs the same wherever it lies in the table."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from config.api.exception_handler import QueryName
from config.api.fields import QueryInteger, StrictSerializer

TWICE = serializers.ErrorDetail("This parameter is given more than once.", "duplicate_field")
CURSOR_SALT = "latchkey.cursor"


class QuerySerializer(StrictSerializer):
    """Query parameters; unknown ones are refused, and so is a single one that is given twice."""

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        """The parameters of `request`. Raises `ValidationError` that names them as `?name`."""
        given = dict(request.query_params.lists())
        single = {name for name in given if name in cls._declared_fields and not cls._takes_many(name)}
        twice: dict[str, Any] = {QueryName(name): [TWICE] for name in single if len(given[name]) > 1}
        if twice:
            raise serializers.ValidationError(twice)
        try:
            return cls.checked(given | {name: given[name][0] for name in single})
        except serializers.ValidationError as error:
            detail: Any = error.detail
            raise serializers.ValidationError({QueryName(name): errors for name, errors in detail.items()}) from None

    @classmethod
    def _takes_many(cls, name: str) -> bool:
        return isinstance(cls._declared_fields.get(name), serializers.ListField)


class PageOutput(serializers.Serializer[Any]):
    """What every page says beside its rows."""

    perPage = serializers.IntegerField()
    hasNext = serializers.BooleanField()
    nextCursor = serializers.CharField(allow_null=True)


class PageQuery(QuerySerializer):
    """`limit` and `cursor`, as every list takes them."""

    limit = QueryInteger(min_value=1, max_value=100, default=50)
    cursor = serializers.CharField(max_length=200, required=False)


def each(represent: Callable[[Any], dict[str, Any]]) -> Callable[[list[Any]], list[dict[str, Any]]]:
    """`represent` for every row of a page."""
    return lambda rows: [represent(row) for row in rows]


def newest_first(
    name: str,
    rows: QuerySet[Any],
    represent: Callable[[list[Any]], list[dict[str, Any]]],
    *,
    limit: int,
    cursor: str | None = None,
    cases: Sequence[Q] = (),
) -> dict[str, Any]:
    """One page as the wire has it: `{name: [...], perPage, hasNext, nextCursor}`.

    Relies on `rows` in the order of `config.db.index_hints.newest_first_for` and on ids that grow with time
    (UUIDv7), reads
    `limit` + 1 rows and never counts. Refuses a cursor that is not ours, or another list's.

    With `cases`, of which no two may hold at once, the rows are those for which one holds. Each is asked by itself for
    a page, so that its own index is walked: for an `OR` of them there is none.
    """
    signer = signing.Signer(salt=f"{CURSOR_SALT}.{name}")
    if cursor:
        rows = rows.filter(pk__lt=_read(cursor, signer))
    if cases:
        pages = [rows.filter(case).values("pk")[: limit + 1] for case in cases]
        rows = rows.filter(pk__in=pages[0].union(*pages[1:], all=True)) if len(pages) > 1 else rows.filter(cases[0])
    found = list(rows[: limit + 1])
    has_next = len(found) > limit
    return {
        name: represent(found[:limit]),
        "perPage": limit,
        "hasNext": has_next,
        "nextCursor": signer.sign(found[limit - 1].id.hex) if has_next else None,
    }


def _read(cursor: str, signer: signing.Signer) -> UUID:
    try:
        return UUID(signer.unsign(cursor))
    except (signing.BadSignature, ValueError):
        wrong = serializers.ErrorDetail("This cursor is not one of this list’s.", "bad_cursor")
        raise serializers.ValidationError({QueryName("cursor"): [wrong]}) from None
