"""A worker beside a database that restarts: it goes on, and runs what was queued meanwhile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.servers import production
from config.db.embedded import Cluster
from tests.operations.databases import postmaster, restart, url_of
from tests.operations.installations import ROOT, WORKER, wait_until

# as `pg_ctl stop` sends them
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
STOPS = [FAST] * 8 + [IMMEDIATE] * 3
DEFER = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'config.tasks.{}', %s)"
TASK, ARGUMENTS = "delete_old_jobs", '{"timestamp": 0}'
RECOVERY_SECONDS = 60


@contextmanager
def database(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder / "postgres")
    cluster.start()
    try:
        yield cluster
    finally:
        server = postmaster(cluster)
        server.send_signal(IMMEDIATE)
        server.wait(30)


@contextmanager
def worker(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, *WORKER], cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def queue_job(cluster: Cluster) -> int:
    with psycopg.connect(host=cluster.host, user="postgres", dbname="latchkey", autocommit=True) as connection:
        row = connection.execute(DEFER.format(TASK) + " RETURNING id", [ARGUMENTS]).fetchone()
        assert row
        return int(row[0])


def is_done(cluster: Cluster, job: int) -> bool:
    with psycopg.connect(host=cluster.host, user="postgres", dbname="latchkey", autocommit=True) as connection:
        row = connection.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job]).fetchone()
        return row is None or row[0] == "succeeded"


def test_worker_survives_restarts_of_the_database(tmp_path):
    seconds = []
    with database(tmp_path) as cluster:
        environment = os.environ | production(url_of(cluster))
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True
        )
        with worker(environment, tmp_path / "worker.log") as process:
            first = queue_job(cluster)
            wait_until(lambda: is_done(cluster, first), seconds=RECOVERY_SECONDS)
            for stop in STOPS:
                restart(cluster, stop)
                began = time.monotonic()
                job = queue_job(cluster)
                wait_until(
                    lambda job=job: is_done(cluster, job) or process.poll() is not None, seconds=RECOVERY_SECONDS
                )
                assert process.poll() is None, f"the worker ended: {(tmp_path / 'worker.log').read_text()[-3000:]}"
                seconds.append(time.monotonic() - began)
    print(f"{len(STOPS)} restarts: the worker went on, and ran the next job within {max(seconds):.1f} s")
