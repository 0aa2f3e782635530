"""Worker beside the browser, and the mails it sends."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

from tests.invitations.mail_server import MailServer, Received

PATIENCE_SECONDS = 120
SMTP = "config.mail.smtp.EmailBackend"


@dataclass
class Mails:
    """Mails that the mail server has received."""

    server: MailServer

    def of(self, address: str, number: int = 1) -> list[Received]:
        """Wait for the first `number` mails to the address."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found := [mail for mail in self.server.mails if mail.to == address]) < number:
            assert time.monotonic() < deadline, f"{len(found)} of {number} mails to {address} arrived"
            time.sleep(0.05)
        return found

    def code(self, address: str, number: int = 1) -> str:
        """Digits in the last of the address's first `number` mails."""
        return self._find(r"^\s*([0-9]{6})\s*$", self.of(address, number)[-1])

    def link(self, address: str, number: int = 1) -> str:
        """Personal link in the last of the address's first `number` mails."""
        return self._find(r"(\S+/p/i/\S+)", self.of(address, number)[-1])

    @staticmethod
    def _find(pattern: str, mail: Received) -> str:
        return re.search(pattern, mail.text, re.MULTILINE)[1]


@contextmanager
def run_worker() -> Iterator[Mails]:
    """Run a worker in a thread, with a mail server, until the end of the block."""
    with MailServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in {"BACKEND": SMTP, "HOST": "127.0.0.1", "PORT": server.port}.items():
            patch.setattr(settings, f"EMAIL_{name}", value)
        # a connection that a worker's thread left open would keep the test database from being dropped
        patch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
        loop = asyncio.new_event_loop()
        work = loop.create_task(_work())
        thread = threading.Thread(target=loop.run_until_complete, args=[work])
        thread.start()
        try:
            yield Mails(server)
        finally:
            loop.call_soon_threadsafe(work.cancel)
            thread.join()
            loop.close()


async def _work() -> None:
    """Work until cancelled: procrastinate finishes the jobs it has begun, and returns."""
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as worker:
        with suppress(asyncio.CancelledError):
            await worker.run_worker_async(install_signal_handlers=False, fetch_job_polling_interval=0.2)
