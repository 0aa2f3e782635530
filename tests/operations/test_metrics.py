"""Metrics of a real web server and worker: through killed processes, and while the database hangs."""

import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from bench.servers import PROXY_HEADERS, _free_port, production, running
from config.db.embedded import Cluster
from config.operations.exporter import IN_MEMORY
from tests.operations.databases import postmaster as process_of
from tests.operations.databases import url_of
from tests.operations.installations import ROOT, wait_until

PROCESSES, REQUESTS = 2, 200
PATIENCE = 3.0  # seconds that a scrape waits for the database


def scrape(port: int) -> tuple[dict[str, float], float, int]:
    """Return the samples of a scrape, its seconds and its bytes."""
    start = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        text = response.read().decode()
    seconds = time.perf_counter() - start
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}, seconds, len(text)


def requests(samples: dict[str, float], route: str) -> float:
    counted = re.compile(rf'latchkey_http_requests_total\{{.*route="{re.escape(route)}".*\}}')
    return sum(value for name, value in samples.items() if counted.match(name))


def send(url: str, path: str, times: int) -> None:
    """Get that many responses. A connection that a killed process had taken is no request."""
    answered = 0
    while answered < times:
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as client, suppress(ConnectionError):
            client.request("GET", path, headers=PROXY_HEADERS)
            client.getresponse().read()
            answered += 1


def folders() -> list[Path]:
    return sorted(IN_MEMORY.glob("latchkey-metrics-*"))


@contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    stopped = [process, *process.children(recursive=True)]
    for each in stopped:
        each.suspend()
    try:
        yield
    finally:
        for each in reversed(stopped):
            with suppress(psutil.NoSuchProcess):
                each.resume()


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psutil.Process]:
    """The server process of a migrated database, which the environment names."""
    cluster = Cluster(tmp_path / "postgres")
    cluster.start()
    url = url_of(cluster)
    for name, value in production(url).items():
        monkeypatch.setenv(name, value)
    for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
    postmaster = process_of(cluster)
    yield postmaster
    postmaster.send_signal(signal.SIGQUIT)
    postmaster.wait(10)


def test_metrics_survive_kills_and_a_frozen_database(cluster, tmp_path, monkeypatch):
    port, left = _free_port(), folders()
    monkeypatch.setenv("METRICS_PORT", str(port))
    with running("config.server", tmp_path / "log", workers=PROCESSES) as server:
        send(server.url, "/p/i/unknown", REQUESTS)
        before, seconds, size = scrape(port)
        assert (requests(before, "/p/i/<str:token>"), before["latchkey_ready"]) == (REQUESTS, 1)

        children = psutil.Process(server.pid).children()
        killed = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
        killed.kill()
        send(server.url, "/p/i/unknown", REQUESTS)
        after, *_ = scrape(port)
        assert requests(after, "/p/i/<str:token>") == 2 * REQUESTS
        assert after["latchkey_http_requests_in_progress"] == 0

        with frozen(cluster):
            hanging, hanging_seconds, _ = scrape(port)
            again, again_seconds, _ = scrape(port)
        for each in (hanging, again):
            assert (each["latchkey_database_up"], each["latchkey_ready"]) == (0, 0)
            assert requests(each, "/p/i/<str:token>") == 2 * REQUESTS
        assert max(hanging_seconds, again_seconds) < PATIENCE + 1
        wait_until(lambda: scrape(port)[0]["latchkey_database_up"] == 1, seconds=10)
    assert folders() == left
    print(f"\nscrape: {seconds * 1000:.0f} ms, {size} bytes; database frozen: {hanging_seconds:.1f} s")
