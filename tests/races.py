"""Real threads, each with its own connection to the database."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

# the server accepts 100 connections, which all processes of xdist share
AT_ONCE = 80 // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "2"))


def race(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Results of `number` threads that start together: a return value or an exception each."""
    start, places = threading.Barrier(number), threading.BoundedSemaphore(AT_ONCE)

    def run(index: int) -> Any:
        start.wait()
        with places:
            try:
                return act(index)
            except Exception as error:
                return error
            finally:
                connection.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))


def wait_for_a_lock() -> None:
    """Wait until another connection of this database waits for a lock."""
    waiting = """
        SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()
    """
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    pytest.fail("no connection waited for a lock")
