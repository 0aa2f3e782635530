"""A database with a streaming standby, and a web server that reads from both."""

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from bench.servers import production
from config.crypto.keyring import Keyring
from config.db.embedded import Cluster
from tests.postgres_programs import find_program

STANDBY_OPTIONS = ("hot_standby=on", "max_standby_streaming_delay=0", "primary_slot_name=standby")


def url_of(cluster: Cluster) -> str:
    return f"postgres://postgres@{quote(cluster.host, safe='')}:5432/latchkey"


def ask(cluster: Cluster, question: str) -> Any:
    with psycopg.connect(host=cluster.host, user="postgres", dbname="latchkey", autocommit=True) as connection:
        answer = connection.execute(question)
        row = answer.fetchone() if answer.description else None
        return row and row[0]


def postmaster(cluster: Cluster) -> psutil.Process:
    return psutil.Process(int((cluster.folder / "postmaster.pid").read_bytes().split(b"\n")[0]))


def kill(cluster: Cluster) -> None:
    """End the server and its children at once, as a power cut does."""
    server = postmaster(cluster)
    processes = [*server.children(recursive=True), server]
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(processes, timeout=30)


def stop_for_a_while(cluster: Cluster, number: int = signal.SIGSTOP) -> None:
    """Let the server hang, with all connections open. SIGCONT lets it go on."""
    server = postmaster(cluster)
    for each in [server, *server.children(recursive=True)]:
        each.send_signal(number)


def copy_of(primary: Cluster, folder: Path) -> Cluster:
    """Start a standby with a copy of the database, which follows it from now on."""
    ask(primary, "SELECT pg_create_physical_replication_slot('standby')")
    owner = primary.folder.stat()
    folder.mkdir(mode=0o700)
    os.chown(folder, owner.st_uid, owner.st_gid)
    command = [find_program("pg_basebackup"), "--write-recovery-conf", "--checkpoint=fast"]
    command += ["-D", str(folder), "-h", primary.host, "-U", "postgres"]
    subprocess.run(command, check=True, cwd="/", user=owner.st_uid, group=owner.st_gid)
    for socket in folder.glob(".s.PGSQL.*"):  # of the primary, whose folder has its socket
        socket.unlink()
    standby = Cluster(folder, STANDBY_OPTIONS)
    standby.start()
    return standby


@contextmanager
def primary_and_standby(folder: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """Yield both. Django of this process uses the primary, with the keys of production, until the end."""
    primary = Cluster(folder / "primary")
    primary.start()
    made = [primary]
    settings = connections["default"].settings_dict
    before = dict(settings)
    connections["default"].close()
    settings.update(NAME="latchkey", USER="postgres", HOST=primary.host, PORT=5432)
    variables = production("")
    keys = Keyring([variables["ENCRYPTION_KEYS"]])
    try:
        with override_settings(SECRET_KEY=variables["SECRET_KEY"], KEYRING=keys):
            call_command("migrate", verbosity=0)
            made.append(copy_of(primary, folder / "standby"))
            yield primary, made[1]
    finally:
        connections["default"].close()
        settings.clear()
        settings.update(before)
        for cluster in reversed(made):
            with suppress(OSError, psutil.NoSuchProcess):
                stop_for_a_while(cluster, signal.SIGCONT)
                kill(cluster)
            atexit.unregister(cluster._release)


def wait_until_replayed(primary: Cluster, standby: Cluster, seconds: float = 30) -> None:
    position = ask(primary, "SELECT pg_current_wal_insert_lsn()")
    deadline = time.monotonic() + seconds
    while not ask(standby, f"SELECT pg_last_wal_replay_lsn() >= '{position}'"):
        assert time.monotonic() < deadline, "the standby does not follow"
        time.sleep(0.05)
