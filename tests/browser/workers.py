"""The worker as a process of its own, and the mails it sends."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.invitations.mail_server import MailServer, Received

PATIENCE_SECONDS = 30


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
        return re.search(r"^\s*([0-9]{6})\s*$", self.of(address, number)[-1].text, re.MULTILINE)[1]

    def link(self, address: str, number: int = 1) -> str:
        """The personal link in the address's mail."""
        return re.search(r"\S+/p/i/\S+", self.of(address, number)[-1].text)[0]


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
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        worker = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **quiet)
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


def forget_jobs() -> None:
    """Django's flush leaves them, for their tables are not its own."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")


def database_url() -> str:
    """The test database, for another process."""
    known = connection.settings_dict
    login = quote(known["USER"]) + (f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else "")
    host = known["HOST"] or known["OPTIONS"].get("host", "")
    if host.startswith("/"):
        return f"postgres://{login}@/{known['NAME']}?host={host}"
    return f"postgres://{login}@{host or 'localhost'}:{known['PORT'] or 5432}/{known['NAME']}"
