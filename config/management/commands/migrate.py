"""`manage.py migrate` beside a version that serves."""

import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, ProgrammingError, connections
from django.db.migrations.exceptions import MigrationSchemaMissing
from psycopg.errors import DeadlockDetected, InsufficientPrivilege, LockNotAvailable

# While a statement waits for the lock of a table, all that come later wait behind it. PostgreSQL looks for a deadlock
# after a second, and then ends any of its transactions: before that, this one gives up.
LOCK_SECONDS = 0.5
PAUSE_SECONDS = 2.0
ATTEMPTS = 120
WAIT_BRIEFLY = "SET lock_timeout = %d"  # milliseconds


class NotFree(CommandError):
    """A lock was not free, many times."""

    def __init__(self) -> None:
        super().__init__("The tables are locked by other transactions. Run migrate again when no long one runs.")


class NotOwner(CommandError):
    """The role of the connection may not change the schema."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"The role {role} may not change the schema. Run migrate with a DATABASE_URL of the role that owns it: "
            "see docs/operations/install.md."
        )


class Command(migrate.Command):
    """Wait for locks in short tries, for about five minutes, so that requests pass in between.

    A migration that got no lock is rolled back and begins again. Of one without a transaction, the statement begins
    again: `CREATE INDEX CONCURRENTLY` waits without a limit, because nothing waits behind it.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute(WAIT_BRIEFLY % (LOCK_SECONDS * 1000))
        try:
            with connection.execute_wrapper(self._execute):
                self._try_often(super().handle, *args, **options)
        except (ProgrammingError, MigrationSchemaMissing) as error:
            if _is_forbidden(error):
                raise NotOwner(connection.settings_dict["USER"]) from error
            raise
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    def _execute(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if context["connection"].in_atomic_block:
            return execute(sql, params, many, context)
        if " CONCURRENTLY " not in str(sql):
            return self._try_often(execute, sql, params, many, context)
        with context["connection"].connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            try:
                return execute(sql, params, many, context)
            finally:
                cursor.execute(WAIT_BRIEFLY % (LOCK_SECONDS * 1000))

    def _try_often(self, act: Callable[..., Any], *args: Any, **options: Any) -> Any:
        for _attempt in range(ATTEMPTS):
            try:
                return act(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
            self.stderr.write("Another transaction holds a lock. Trying again.")
            time.sleep(PAUSE_SECONDS)
        raise NotFree


def _is_forbidden(error: DatabaseError) -> bool:
    """True if a privilege is missing. Django drops the cause of a history that it could not create."""
    causes = (error.__cause__, error.__context__ and error.__context__.__cause__)
    return any(isinstance(each, InsufficientPrivilege) for each in causes)
