"""Fixtures for mails, which the real worker sends to a real SMTP server."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from connections.models import Connection
from invitations.models import Invitation
from tests.database import execute, forget_jobs
from tests.invitations.answers import saved
from tests.invitations.mail_server import MailServer, port_of, reserve_port

SMTP = "config.mail.smtp.EmailBackend"


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


class Jobs:
    """Jobs in the queue."""

    @property
    def names(self) -> list[str]:
        return [name.rpartition(".")[2] for name in self._all.values_list("task_name", flat=True)]

    @property
    def statuses(self) -> list[str]:
        return list(self._all.values_list("status", flat=True))

    @property
    def due(self) -> datetime:
        """Time at which the only scheduled job is due."""
        return ProcrastinateJob.objects.get(status="todo", scheduled_at__isnull=False).scheduled_at

    @property
    def _all(self) -> Any:
        return ProcrastinateJob.objects.filter(task_name__startswith="invitations.tasks.send").order_by("pk")


@pytest.fixture
def jobs(db: None) -> Jobs:
    forget_jobs()
    return Jobs()


@pytest.fixture
def worker(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    # a connection that a worker's thread left open would keep the test database from being dropped
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    forget_jobs()
    yield Worker()
    forget_jobs()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """SMTP server that receives all mails."""
    with MailServer() as server:
        use_mail_server(settings, server.port)
        yield server


@pytest.fixture
def connected(client: Client, invitation: Invitation) -> Connection:
    """Connection that the client has just created by `invitation`; it waits for its check."""
    return saved(client, invitation)


@pytest.fixture
def no_mail_server(settings: Any) -> Iterator[None]:
    """Send mails to a port on which no server listens."""
    with reserve_port() as place:
        use_mail_server(settings, port_of(place))
        yield


def use_mail_server(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 30
