"""A PostgreSQL of its own, which can be killed and stopped, with the web server of production before it."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from bench.servers import Running, production, running
from config.crypto.keyring import Keyring
from config.database import DATA_DIR
from config.db.embedded import Cluster
from tests.operations.networks import ROOT


def url_of(cluster: Cluster) -> str:
    return f"postgres://postgres@{quote(cluster.host, safe='')}:5432/latchkey"


def ask(cluster: Cluster, question: str) -> Any:
    """Return the first value of the answer, None if there is none."""
    with psycopg.connect(host=cluster.host, user="postgres", dbname="latchkey", autocommit=True) as connection:
        answer = connection.execute(question)
        row = answer.fetchone() if answer.description else None
        return row and row[0]


def postmaster(cluster: Cluster) -> psutil.Process:
    return psutil.Process(int((cluster.folder / "postmaster.pid").read_bytes().split(b"\n")[0]))


def restart(cluster: Cluster, number: int = signal.SIGINT) -> None:
    """Stop the server with a signal, as `pg_ctl stop` does, and start it again."""
    server = postmaster(cluster)
    server.send_signal(number)
    server.wait(30)
    cluster.start()
    connections["default"].close()


def kill(cluster: Cluster) -> None:
    """End the server and its children at once, as a power cut does."""
    server = postmaster(cluster)
    processes = [*server.children(recursive=True), server]
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(processes, timeout=30)


def hang(cluster: Cluster, number: int = signal.SIGSTOP) -> None:
    """Let the server hang, with all connections open. SIGCONT lets it go on."""
    server = postmaster(cluster)
    for each in [server, *server.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            each.send_signal(number)


@contextmanager
def database() -> Iterator[Cluster]:
    """Yield a migrated database. Django of this process uses it, with the keys of production, until the end."""
    # not in the folder of pytest, which closes it to the account of the server
    folder = DATA_DIR / f"operations-{os.getpid()}"
    cluster = Cluster(folder / "primary")
    cluster.start()
    settings = connections["default"].settings_dict
    before = dict(settings)
    connections["default"].close()
    settings.update(NAME="latchkey", USER="postgres", HOST=cluster.host, PORT=5432)
    variables = production("")
    keys = Keyring([variables["ENCRYPTION_KEYS"]])
    try:
        with override_settings(SECRET_KEY=variables["SECRET_KEY"], KEYRING=keys):
            call_command("migrate", verbosity=0)
            yield cluster
    finally:
        connections["default"].close()
        settings.clear()
        settings.update(before)
        end(cluster)
        shutil.rmtree(folder)


def end(cluster: Cluster) -> None:
    with suppress(OSError, psutil.NoSuchProcess):
        hang(cluster, signal.SIGCONT)
        kill(cluster)
    atexit.unregister(cluster._release)


@contextmanager
def web_server(log: Path, database_url: str, **variables: str) -> Iterator[Running]:
    """Run the web server with two processes. Its output goes to `log`."""
    patched = pytest.MonkeyPatch()
    for name, value in {**production(database_url), **variables}.items():
        patched.setenv(name, value)
    static = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    try:
        subprocess.run(static, cwd=ROOT, check=True)
        with running("config.server", log, workers=2) as server:
            yield server
    finally:
        patched.undo()
