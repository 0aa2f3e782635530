"""Checks of the database: reachable, migrated, with the right keys, in time, and with a worker that runs its jobs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.recorder import MigrationRecorder

from config.db.errors import reason_of
from config.http.health import find_obstacle, known_migrations
from config.operations.finding import Finding
from config.operations.partitions import partition_figures
from config.operations.queues import QueueFigures, queue_figures
from config.operations.statements import CLOCK, CONNECTIONS, OLDEST_TRANSACTION, ROLE
from config.worker_health import find_stall

LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=2)
LONGEST_TRANSACTION = timedelta(hours=1)
SHORTEST_TIME_AHEAD = timedelta(days=30)
MOST_BYTES_IN_NO_MONTH = 1024 * 1024
FULL = 0.8


def check_connection() -> Iterator[Finding]:
    """Yield why the database cannot be used at all."""
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError) as error:
        yield Finding(
            "Database",
            f"It does not respond: {reason_of(error)}.",
            "Start PostgreSQL, or correct DATABASE_URL. Until then, pages are a 503.",
        )


def check_readiness() -> Iterator[Finding]:
    if obstacle := find_obstacle():
        remedy = "Run `manage.py migrate`, or mend what it names. Until then, /readyz is a 503."
        yield Finding("Readiness", obstacle, remedy)


def check_newer_migrations() -> Iterator[Finding]:
    applied = MigrationRecorder(connection).applied_migrations().keys()
    apps = {app for app, _name in known_migrations()}
    if newer := {key for key in applied - known_migrations() if key[0] in apps}:
        yield Finding(
            "Database",
            f"Migrations of a newer version: {len(newer)}.",
            "Install that version. The previous one works, too, as long as nothing older does.",
            is_grave=False,
        )


def check_role() -> Iterator[Finding]:
    if settings.DEBUG:
        return
    ((role, is_superuser, owns_tables),) = ROLE.rows()
    if is_superuser or owns_tables:
        power = "is a superuser" if is_superuser else "owns the tables"
        yield Finding(
            "Database",
            f"The role {role} {power}: an attacker who gets SQL past a page could drop them.",
            "Use a role that only reads and writes rows: docs/operations/database.md.",
            is_grave=is_superuser,
        )


def check_clock() -> Iterator[Finding]:
    before = datetime.now(UTC)
    ((there,),) = CLOCK.rows()
    difference = abs(there - (before + (datetime.now(UTC) - before) / 2))
    if difference > LARGEST_CLOCK_DIFFERENCE:
        yield Finding(
            "Clock",
            f"This machine and the database differ by {difference.total_seconds():.0f} seconds.",
            "Let both follow the same time server: codes, links and limits have times.",
        )


def check_sessions() -> Iterator[Finding]:
    ((used, most),) = CONNECTIONS.rows()
    if used > FULL * most:
        yield Finding(
            "Database",
            f"{used} of {most} connections are in use.",
            "Raise max_connections, start fewer processes, or use a pooler.",
        )
    ((seconds,),) = OLDEST_TRANSACTION.rows()
    if seconds > LONGEST_TRANSACTION.total_seconds():
        yield Finding(
            "Database",
            f"A transaction has been open for {seconds / 3600:.1f} hours, and deleted rows stay that long.",
            "Find it in pg_stat_activity. End it with pg_terminate_backend if it is not a backup.",
        )


def check_jobs() -> Iterator[Finding]:
    if stall := find_stall():
        yield Finding("Jobs", str(stall), "Start the worker, or look at its log. Mails and webhooks wait.")
    for queue in queue_figures():
        yield from _check_queue(queue)


def _check_queue(queue: QueueFigures) -> Iterator[Finding]:
    if queue.stuck:
        yield Finding(
            "Jobs",
            f"Stuck jobs in the queue {queue.queue}: {queue.stuck}. Their worker gives no sign of life.",
            "A worker that runs takes them over within a minute.",
        )
    if queue.failed:
        yield Finding(
            "Jobs",
            f"Jobs in the queue {queue.queue} that failed for good: {queue.failed}.",
            "The log says why. Superusers can retry or drop them in the admin. After a week they are deleted.",
            is_grave=False,
        )


def check_partitions() -> Iterator[Finding]:
    for figures in partition_figures():
        if figures.end_seconds < SHORTEST_TIME_AHEAD.total_seconds() or figures.other_bytes > MOST_BYTES_IN_NO_MONTH:
            yield Finding(
                "Database",
                f"The next months of {figures.table} have no table, or rows are in none.",
                "Look in the log for the hourly job that creates them: docs/scale.md.",
            )


CHECKS = (
    check_readiness,
    check_newer_migrations,
    check_role,
    check_clock,
    check_sessions,
    check_jobs,
    check_partitions,
)
