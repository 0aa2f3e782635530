"""The worker as a process of its own, and the mails it sends."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from tests.database import database_url, forget_jobs
from tests.invitations.mail_server import MailServer, Received
from tests.secrecy import KNOWN, searched_output

PATIENCE_SECONDS = 120


@dataclass
class Mails:
    """What arrived at the mail server."""

    server: MailServer

    def of(self, address: str, number: int = 1) -> list[Received]:
        """The first `number` mails to the address, as soon as they are there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found := [mail for mail in self.server.mails if mail.to == address]) < number:
            assert time.monotonic() < deadline, f"{len(found)} of {number} mails to {address} arrived"
            time.sleep(0.05)
        return found

    def code(self, address: str, number: int = 1) -> str:
        """The digits in the last of the address's first `number` mails with a code."""
        return self._secret(r"^\s*([0-9]{6})\s*$", self.of(address, number)[-1])

    def link(self, address: str, number: int = 1) -> str:
        """The personal link in the address's mail."""
        return self._secret(r"(\S+/p/i/\S+)", self.of(address, number)[-1])

    def _secret(self, pattern: str, mail: Received) -> str:
        """What the worker made: it may not log it."""
        found = re.search(pattern, mail.text, re.MULTILINE)[1]
        KNOWN.note(found.rpartition("/")[2])
        return found


@contextmanager
def working(base: str, *, keep_jobs: bool = False) -> Iterator[Mails]:
    """Background work is done, as by `manage.py procrastinate worker`, and mails name the pages at `base`.

    What other tests left in the queue is forgotten first, unless `keep_jobs`.
    """
    if not keep_jobs:
        forget_jobs()
    with MailServer() as server:
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
            "PUBLIC_URL": base,
            "DEBUG": "true",  # as here: a PUBLIC_URL alone would mean production
        }
        command = [sys.executable, "manage.py", "procrastinate", "worker", "--fetch-job-polling-interval", "0.2"]
        said = {"stdout": searched_output(), "stderr": subprocess.STDOUT}
        worker = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **said)
        try:
            yield Mails(server)
        finally:
            worker.terminate()
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            forget_jobs()
