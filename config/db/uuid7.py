"""UUIDs from user input, and UUIDv7 bounds for ranges of time (RFC 9562, 5.7)."""

from datetime import datetime, timedelta
from uuid import UUID

MAX_MILLISECONDS = 2**48 - 1


def parse_uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def first_uuid7_at(moment: datetime, *, shift: timedelta = timedelta(0)) -> UUID:
    """Return the lowest UUIDv7 of the millisecond `moment + shift`.

    Ids are ordered by time, so the index of ids serves ranges of time. Times outside the range of UUIDv7 are clamped.
    """
    seconds = moment.timestamp() + shift.total_seconds()  # not as datetimes: these end with the year 9999
    return UUID(int=min(max(int(seconds * 1000), 0), MAX_MILLISECONDS) << 80)
