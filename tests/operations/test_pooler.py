"""PgBouncer in transaction mode, with fewer sessions than the web server has threads."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.servers import _free_port
from config.db.embedded import Cluster
from tests.operations.callers import member_of_staff
from tests.operations.databases import database, web_server
from tests.operations.installations import wait_until
from tests.operations.test_outages import System

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs pgbouncer")

# as docs/operations/pgbouncer.ini, except for the login and the place
SETTINGS = """
[databases]
latchkey = host={host} port=5432 dbname=latchkey user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
query_wait_timeout = 15
ignore_startup_parameters = extra_float_digits
"""
FORMS, EXPORTS, CREATIONS, REFUSALS = 54, 10, 200, 40


@contextmanager
def pooler(cluster: Cluster, folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = _free_port()
    owner = cluster.folder.stat()
    settings = cluster.folder.with_name("pgbouncer.ini")
    settings.write_text(SETTINGS.format(host=cluster.host, port=port))
    settings.chmod(0o644)
    command = [str(PROGRAM), "--quiet", str(settings)]
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(command, cwd="/", user=owner.st_uid, group=owner.st_gid, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port), seconds=20)
        yield process, port
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="latchkey", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_pooler_of_transactions_fails_no_request(django_db_blocker: Any, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with django_db_blocker.unblock(), database() as cluster, pooler(cluster, tmp_path) as (process, port):
        url = f"postgres://postgres@127.0.0.1:{port}/latchkey"
        with web_server(log, url, DATABASE_POOLER="transaction") as server:
            system = System(cluster, server, log)
            staff = member_of_staff(server.url)

            assert system.in_threads(lambda: system.submit(system.open_form()), FORMS) == {302: FORMS}
            assert system.in_threads(system.create, CREATIONS) == {201: CREATIONS}
            exports = [staff.send("GET", "/admin/invitations/invitation/export/") for _ in range(EXPORTS)]
            assert {(status, page.count("\n")) for status, page in exports} == {(200, FORMS + CREATIONS + 1)}

            process.send_signal(signal.SIGKILL)
            began = time.monotonic()
            # a database that is away says nothing about a key
            assert system.in_threads(system.create, REFUSALS) == {503: REFUSALS}
            print(f"{FORMS} forms, {CREATIONS} creations, {EXPORTS} exports; then {REFUSALS} times 503, no 401,")
            print(f"within {time.monotonic() - began:.1f} s")
