"""The real worker, in the process of the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from tests.database import execute, forget_jobs


class Worker:
    """Runs all due jobs, as `manage.py procrastinate worker` does, and returns."""

    def __call__(self, **options: Any) -> None:
        quiet = {"wait": False, "install_signal_handlers": False, "listen_notify": False}
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            worker.run_worker(**quiet | options)

    def later(self, **options: Any) -> None:
        """Make all waiting jobs due, and run them."""
        execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        self(**options)


@pytest.fixture
def worker(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    # a connection that a worker's thread left open would keep the test database from being dropped
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    forget_jobs()
    yield Worker()
    forget_jobs()
