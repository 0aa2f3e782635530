"""Ids: what somebody typed, and what their order says of time (UUIDv7, RFC 9562, 5.7)."""

from datetime import datetime, timedelta
from uuid import UUID

MOST_MILLISECONDS = 2**48 - 1


def as_id(text: str) -> UUID | None:
    """The id that `text` is, if it is one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def first_id_at(moment: datetime, *, shift: timedelta = timedelta(0)) -> UUID:
    """The least UUIDv7 of that millisecond, or `shift` from it: ids are in order of time, so their index serves times.

    For a moment that no id can name, the nearest that one can.
    """
    seconds = moment.timestamp() + shift.total_seconds()  # as numbers: a datetime has no time after the year 9999
    return UUID(int=min(max(int(seconds * 1000), 0), MOST_MILLISECONDS) << 80)
