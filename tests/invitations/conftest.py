"""Fixtures for mails, which the real worker sends to a real SMTP server."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from connections.models import Connection
from invitations.models import Invitation
from tests.database import forget_jobs
from tests.invitations.answers import saved
from tests.invitations.mail_server import MailServer, port_of, reserve_port
from tests.worker import worker

__all__ = ["worker"]

SMTP = "config.mail.smtp.EmailBackend"


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
