"""Query helpers that make PostgreSQL use a given index despite its estimates."""

from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Q, QuerySet, UUIDField, Value

MAX_SORTED_ROWS = 5_000
# for conditions that take long on each row
MAX_SORTED_MATCHES = 20_000
NEWEST_ROWS = 5_000
DENSE_MATCHES = 50  # a page of a list
Rows = TypeVar("Rows", bound=QuerySet[Any])


class InArray(Func):
    """`value = ANY (array)`."""

    arg_joiner = " = ANY ("
    template = "%(expressions)s)"
    output_field: Any = BooleanField()


class ArrayOf(Func):
    """`ARRAY[value]`, with the value as a parameter of its own."""

    template = "ARRAY[%(expressions)s]"
    output_field: Any = ArrayField(UUIDField())


def newest_first_for(rows: Rows, owner: str, owner_id: UUID) -> Rows:
    """Filter by owner, newest first, through an index that begins with the owner and ends with the id.

    For an owner of many rows PostgreSQL prefers the index of ids: it walks through all rows from the newest on. That is
    slow when the owner's rows are old. Ordered by owner and id, the index of ids cannot be used.
    """
    # `owner = x` would remove the owner from the order, because it is constant; `owner = ANY (array)` does not
    owner_ids = ArrayOf(Value(owner_id, UUIDField()))
    return rows.filter(InArray(F(f"{owner}_id"), owner_ids)).order_by(f"{owner}_id", "-pk")


def prefilter_if_rare(rows: QuerySet[Any], condition: Q, *order: str) -> Q:
    """Return `condition`, or the ids of its matches if at most `MAX_SORTED_ROWS` rows match.

    PostgreSQL assumes that matches are spread evenly. For the newest fifty it walks from the newest row on, and reads
    the whole table if matches are missing or old. Few matches are therefore looked up first and then sorted. With many
    matches the walk soon finds fifty.

    `order` is the order of the index that serves the condition, if it has one. It keeps PostgreSQL from other indexes.
    """
    found = rows.filter(condition).order_by(*order).values("pk")
    return condition if _has_more(found, MAX_SORTED_ROWS) else _ids(found, MAX_SORTED_ROWS)


def prefilter_unless_dense(rows: QuerySet[Any], condition: Q) -> Q:
    """The same for a condition that takes long on each row, such as a search in texts, but is served by an index.

    A walk from the newest row on would take seconds if all matches are old. The condition is only returned if the
    newest rows have a page of matches, or if there are more than `MAX_SORTED_MATCHES`.
    """
    if _is_dense(rows, condition):
        return condition
    found = rows.filter(condition).order_by().values("pk")
    return condition if _has_more(found, MAX_SORTED_MATCHES) else _ids(found, MAX_SORTED_MATCHES)


def _has_more(found: QuerySet[Any], number: int) -> bool:
    return found[number : number + 1].exists()


def _ids(found: QuerySet[Any], maximum: int) -> Q:
    # the limit is never reached; without one, PostgreSQL may prefer to sort the whole table
    return Q(InArray(F("pk"), ArraySubquery(found[: 2 * maximum])))


def _is_dense(rows: QuerySet[Any], condition: Q) -> bool:
    """True if the newest rows have a page of matches."""
    oldest = rows.order_by("-pk").values_list("pk", flat=True)[NEWEST_ROWS : NEWEST_ROWS + 1].first()
    newest = rows.filter(condition) if oldest is None else rows.filter(condition, pk__gte=oldest)
    return len(newest.order_by().values("pk")[: DENSE_MATCHES + 1]) > DENSE_MATCHES
