"""Reads that may miss the last seconds, from a replica of the database: `REPLICA_URL`. See docs/scale.md."""

import logging
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from os import dup
from threading import Lock, Thread, Timer
from time import monotonic, sleep
from typing import Any, TypeVar
from weakref import WeakSet

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections
from psycopg.errors import QueryCanceled, SerializationFailure
from psycopg.pq import TransactionStatus

from config.db.errors import reason_of

REPLICA = "replica"
MOST_SECONDS_BEHIND = 5
REST_SECONDS = 10
LOOK_EACH_SECONDS = 1
# without an answer of the replica; then requests that wait for it ask the primary
MOST_SILENT_SECONDS = 2
POSITIONS_KEPT = 60

# the identifier is that of the primary and of its standbys, and of no other server
PRIMARY_POSITION = """
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, system_identifier FROM pg_control_system()
"""
REPLICA_POSITION = """
    SELECT coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint, system_identifier, pg_is_in_recovery()
    FROM pg_control_system()
"""

Result = TypeVar("Result")
logger = logging.getLogger("latchkey.replica")
_is_reading: ContextVar[bool] = ContextVar("is_reading_replica", default=False)


class Router:
    """Django's database router: reads inside of `read` go to the replica, all others and all writes to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return reading_alias() if model._meta.app_label in settings.REPLICA_APPS else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, database: str, app_label: str, **hints: Any) -> bool:
        return database == DEFAULT_DB_ALIAS


def is_configured() -> bool:
    return REPLICA in settings.DATABASES


def reading_alias() -> str:
    """Return the database for a read that may be stale. Inside of a transaction it is the primary."""
    if _is_reading.get() and not connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return REPLICA
    return DEFAULT_DB_ALIAS


def read(respond: Callable[[], Result], written: Callable[[], int]) -> Result:
    """Call `respond` so that its reads go to the replica, or to the primary if the replica cannot answer.

    `written` returns the position of the caller's last write, 0 for none: the caller must see it. `respond` is called
    again if the replica fails, so it must not write.
    """
    if not is_configured() or not watch.has(0) or not watch.has(written()):
        return respond()
    token = _is_reading.set(True)
    try:
        return respond()
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.__cause__, QueryCanceled):  # it took too long, and would again
            raise
        _rest_if_lost(error)
    finally:
        _is_reading.reset(token)
    return respond()


def current_position() -> int:
    """Return the position up to which the primary has written its log of changes (WAL), in bytes."""
    return int(ask(DEFAULT_DB_ALIAS, PRIMARY_POSITION)[0])


def _rest_if_lost(error: Exception) -> None:
    """Let the replica rest, unless it only ended a query that stood in the way of changes (recovery conflict)."""
    connection = connections[REPLICA]
    if connection.connection is not None and connection.is_usable():
        return
    connection.close()
    if not isinstance(error.__cause__, SerializationFailure):
        watch.rest(error)


def ask(alias: str, question: str) -> tuple[Any, ...]:
    """Return the one row of the answer."""
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


class Watch:
    """Knows how far the replica of this process is behind. A thread compares the positions of both servers."""

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._lock = Lock()
        self._state = "unknown"
        # when the primary was asked, and its position then
        self._positions: deque[tuple[float, int]] = deque(maxlen=POSITIONS_KEPT)
        self._replayed = 0
        self._rests_until = 0.0
        # of `time.monotonic`: the replica has all that was written before
        self._complete_until = -inf

    def has(self, position: int) -> bool:
        """True if the replica may be read, and has what was written up to `position`."""
        self._start()
        now = monotonic()
        is_fresh = now - self._complete_until <= MOST_SECONDS_BEHIND
        return is_fresh and position <= self._replayed and now >= self._rests_until

    def rest(self, error: Exception) -> None:
        self._rests_until = monotonic() + REST_SECONDS
        self._complete_until = -inf
        self._report("away", f"The replica does not answer, so the primary does: {reason_of(error)}")

    def look(self) -> None:
        """Compare the positions once."""
        asked = monotonic()
        written, identity = ask(DEFAULT_DB_ALIAS, PRIMARY_POSITION)
        self._positions.append((asked, written))
        try:
            self._replayed, its_identity, is_standby = ask(REPLICA, REPLICA_POSITION)
        except (OperationalError, InterfaceError) as error:
            self.rest(error)
            raise
        is_ours = is_standby and its_identity == identity
        complete = [moment for moment, position in self._positions if is_ours and position <= self._replayed]
        self._complete_until = max(complete, default=-inf)
        if not is_ours:
            self._report("other", "REPLICA_URL leads to a server that is no standby of the primary: it is not read.")
        elif asked - max(self._complete_until, self._positions[0][0]) > MOST_SECONDS_BEHIND:
            self._report("behind", f"The replica is more than {MOST_SECONDS_BEHIND} s behind: it is not read.")
        elif asked >= self._rests_until:
            self._report("fresh", "The replica is read.", level=logging.INFO)

    def _start(self) -> None:
        """Start the thread, also in a process that was forked after another one started."""
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = Thread(target=self._run, name="replica", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            alarm = Timer(MOST_SILENT_SECONDS, end_silent_queries)
            alarm.start()
            try:
                self.look()
            except (OperationalError, InterfaceError):
                connections.close_all()
            except Error as error:  # such as a right that is missing
                self.rest(error)
                connections.close_all()
            finally:
                alarm.cancel()
            sleep(LOOK_EACH_SECONDS)

    def _report(self, state: str, sentence: str, level: int = logging.WARNING) -> None:
        """Write one line for each change, not for each request."""
        with self._lock:
            is_news, self._state = state != self._state, state
        if is_news:
            logger.log(level, sentence)


watch = Watch()
_opened: WeakSet[Any] = WeakSet()


def note_connection(connection: Any, **kwargs: Any) -> None:
    """Receive Django's signal `connection_created`."""
    if connection.alias == REPLICA:
        _opened.add(connection)


def end_silent_queries() -> None:
    """End connections to a replica that hangs, so that their threads get an `OperationalError`."""
    for connection in list(_opened):
        with suppress(Exception):  # its thread may close it at the same time
            wire = connection.connection.pgconn
            if wire.transaction_status == TransactionStatus.ACTIVE:
                with socket.socket(fileno=dup(wire.socket)) as ended:
                    ended.shutdown(socket.SHUT_RDWR)
