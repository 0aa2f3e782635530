"""Errors of the database in the words of the log and of metrics."""

import logging
import re

from config.monitoring.metrics import Counter

NO_CONNECTION = "NoConnection"
ERRORS = Counter(
    "database_errors_total",
    "Requests and jobs that the database did not serve, by psycopg's name of the condition.",
    ["condition"],
    known=[(name,) for name in (NO_CONNECTION, "DeadlockDetected", "LockNotAvailable", "QueryCanceled", "DiskFull")],
)

# why the server refuses a connection; psycopg has no SQLSTATE of it
REFUSAL = re.compile("FATAL: +(.+)")

logger = logging.getLogger("latchkey")


def log_unavailable(error: Exception) -> None:
    """Log why the database did not do what was asked."""
    logger.error("the database does not respond: %s", reason_of(error))
    count_error(error)


def reason_of(error: Exception) -> str:
    """Return the condition that the server names, such as `DiskFull (SQLSTATE 53100)`, or that there is no connection.

    Without the server's text, which may contain values of a row, except where it refuses a connection: that names no
    more than a role or a database.
    """
    cause = error.__cause__ or error
    if state := getattr(cause, "sqlstate", None):
        return f"{type(cause).__name__} (SQLSTATE {state})"
    refusal = REFUSAL.search(str(cause))
    return f"no connection: {refusal[1]}" if refusal else "no connection"


def count_error(error: Exception) -> None:
    cause = error.__cause__ or error
    ERRORS.count(type(cause).__name__ if getattr(cause, "sqlstate", None) else NO_CONNECTION)
