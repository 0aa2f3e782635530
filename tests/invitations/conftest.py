"""Mails leave as they do in earnest: by the real worker, to a real mail server."""

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

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Worker:
    """Works on what is due, as `manage.py procrastinate worker` does, and ends when nothing is."""

    def __call__(self, **options: Any) -> None:
        quiet = {"wait": False, "install_signal_handlers": False, "listen_notify": False}
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            worker.run_worker(**quiet | options)

    def later(self, **options: Any) -> None:
        """The same, when every job that waits has become due."""
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
        """When the one that waits is due."""
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
    # the worker's threads leave no connection behind, or the test database could not be dropped
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    forget_jobs()
    yield Worker()
    forget_jobs()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """Mails go to it."""
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
