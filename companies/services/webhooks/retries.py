"""Delays between the attempts of one delivery, and when an endpoint is given up."""

import random
from datetime import timedelta

# after the first attempt, which is made at once; together more than three days
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1  # up to a tenth longer, so that an endpoint does not get all of an outage at once
DISABLED_AFTER = timedelta(days=5)  # of failures without a success


def retry_delay(failed_attempts: int) -> timedelta | None:
    """Return the delay after that many failures in a row, or None after the last attempt."""
    if failed_attempts > len(DELAYS):
        return None
    return DELAYS[failed_attempts - 1] * (1 + JITTER * random.random())  # noqa: S311 - no secret
