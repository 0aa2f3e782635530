"""Partitions of events, deliveries and attempts: one for each month, created ahead and dropped when it is old."""

from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from companies.services.webhooks.statements import create_partitions, drop_partitions


def keep_partitions() -> bool:
    """Create the partitions of this month and the next two, and drop those whose newest event is 30 days old.

    The streams remember the newest event that is dropped. Returns False if a table was not free within 0.2 seconds, for
    which others wait as long. Without partitions, rows go to `_other`, and are deleted one by one.
    """
    try:
        for act in (create_partitions, drop_partitions):
            with transaction.atomic():
                act()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            return False
        raise
    return True
