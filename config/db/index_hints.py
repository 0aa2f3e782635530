"""Conditions that are read by their index, whatever PostgreSQL expects of the rows."""

from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Q, QuerySet, UUIDField, Value

MOST_SORTED = 5_000
Rows = TypeVar("Rows", bound=QuerySet[Any])


class InArray(Func):
    """Whether a value is in an array."""

    arg_joiner = " = ANY ("
    template = "%(expressions)s)"
    output_field: Any = BooleanField()


def newest_first_for(rows: Rows, owner: str, owner_id: UUID) -> Rows:
    """Those of one owner, newest first, by an index that begins with the owner and ends with the id.

    Where an owner has a good part of a table, PostgreSQL likes to walk through everybody's rows from the newest on; it
    finds nothing for a long time where the owner's are old. The index of the ids cannot have them in this order.
    """
    one = Value([owner_id], ArrayField(UUIDField()))  # `= x` would strike the owner from the order, as it is but one
    return rows.filter(InArray(F(f"{owner}_id"), one)).order_by(f"{owner}_id", "-pk")


def prefilter_if_rare(rows: QuerySet[Any], condition: Q, *order: str) -> Q:
    """The condition; where few of `rows` fulfil it, as one that finds these before they are put in order.

    PostgreSQL takes what is looked for to be spread evenly. Asked for the newest fifty it walks from the newest on,
    and through the whole table where there are none, or old ones only. So it is asked beforehand whether there are
    more than `MOST_SORTED`: few are found by their index and sorted, and of many the walk soon meets fifty.

    `order` is that of the index which serves the condition, if it has one: with it nothing else can be read.
    """
    found = rows.filter(condition).order_by(*order).values("pk")
    if found[MOST_SORTED : MOST_SORTED + 1].exists():
        return condition
    # a limit that is never reached: without one, sorting the whole table might seem cheaper
    return Q(InArray(F("pk"), ArraySubquery(found[: 2 * MOST_SORTED])))
