"""`migrate` beside an earlier version that serves, with many rows and a long reading transaction."""

import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.servers import production, running
from config.database import DATA_DIR
from config.db.embedded import Cluster
from tests.operations.callers import Browser
from tests.operations.databases import end, url_of
from tests.operations.networks import ROOT

# 36 migrations ago
OLD_VERSION = "4ef0338"
ROWS = 200_000
READING_SECONDS = 10
SEED = f"""
import django; django.setup()
from bench.seed import seed
seeded = seed({ROWS})
print(seeded.company.pk, seeded.api_key)
"""
# a lock is tried for half a second, then others go on
LONGEST_SECONDS = 5


def earlier_version(folder: Path) -> Path:
    """Write the files of the old version. Skips the test if the clone does not have it."""
    archive = subprocess.run(["git", "archive", OLD_VERSION], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"this clone does not have {OLD_VERSION}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def python(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@contextmanager
def read_for_a_while(cluster: Cluster) -> Iterator[None]:
    """Hold a transaction that has read, as a report does, for the first seconds of the block."""

    def read() -> None:
        with psycopg.connect(host=cluster.host, user="postgres", dbname="latchkey") as connection:
            for table in ("invitations_invitation", "invitations_delivery", "companies_apikey"):
                connection.execute(f"SELECT count(*) FROM {table}")
            time.sleep(READING_SECONDS)

    thread = threading.Thread(target=read)
    thread.start()
    yield
    thread.join()


class Load:
    """Partner systems and contributors that use the old version until the end."""

    def __init__(self, url: str, company: str, key: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.longest = 0.0
        self.ended = threading.Event()
        path = f"/v2/invitation/company/{company}"
        partner = Browser(url, **{"X-API-KEY": key, "Content-Type": "application/json"})
        calls = [(partner, "POST", path, "{}"), (partner, "GET", path, None)]
        calls += [(Browser(url), "GET", "/p/i/" + "A" * 43, None)]
        self.threads = [threading.Thread(target=self._call, args=call) for call in calls * 2]
        for thread in self.threads:
            thread.start()

    def _call(self, browser: Browser, method: str, path: str, body: str | None) -> None:
        while not self.ended.is_set():
            began = time.monotonic()
            self.statuses[browser.send(method, path, body)[0]] += 1
            self.longest = max(self.longest, time.monotonic() - began)

    def stop(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()


def test_migrations_let_the_old_version_serve(tmp_path: Path, monkeypatch: Any) -> None:
    old = earlier_version(tmp_path / "old")
    cluster = Cluster(DATA_DIR / "operations-migrations" / "postgres")
    cluster.start()
    try:
        for name, value in production(url_of(cluster)).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
        company, key = python(old, "-c", SEED).split()[-2:]
        python(old, "manage.py", "collectstatic", "--noinput")
        monkeypatch.setattr("bench.servers.BASE_DIR", old)
        with running("config.server", tmp_path / "web.log", workers=2) as server:
            load = Load(server.url, company, key)
            with read_for_a_while(cluster):
                time.sleep(1)
                began = time.monotonic()
                migrated = python(ROOT, "manage.py", "migrate").count("OK")
                seconds = time.monotonic() - began
            load.stop()
    finally:
        end(cluster)

    print(f"{migrated} migrations in {seconds:.0f} s, beside {load.statuses}; the longest took {load.longest:.1f} s")
    assert migrated
    assert {status for status in load.statuses if status >= 500} == set()
    assert load.longest < LONGEST_SECONDS
