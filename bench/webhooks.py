"""`python -m bench.webhooks`: hanging endpoints, a killed worker, and a killed database. See docs/operations.md.

Each part starts the real worker on a PostgreSQL of its own, and sends real requests to a server in this process.
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
from django.core.management import call_command
from django.db import connections

from bench import Failed
from config import database
from config.db.embedded import Cluster

BASE_DIR = Path(__file__).resolve().parent.parent
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LONGEST_WAIT = 300  # seconds


class Receiver:
    """Server of all endpoints. The last part of a path names the endpoint; those below `/hang` get no answer."""

    def __init__(self) -> None:
        self.arrived: dict[str, list[tuple[str, float]]] = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1000)
        server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(lines["content-length"]))
                path = head.split()[1]
                if path.startswith("/hang"):
                    await asyncio.sleep(3600)
                self.arrived.setdefault(path, []).append((lines["webhook-id"], time.monotonic()))
                await asyncio.sleep(0.005)
                writer.write(ANSWER)
                await writer.drain()
        writer.close()

    def count(self) -> int:
        return sum(map(len, list(self.arrived.values())))

    def copies(self) -> Counter[tuple[str, str]]:
        """Number of requests for each endpoint and event."""
        return Counter((path, event) for path, each in self.arrived.items() for event, _ in each)


def main() -> int:
    arguments = _arguments()
    folder = database.DATA_DIR / "bench-webhooks"
    shutil.rmtree(folder, ignore_errors=True)
    cluster = Cluster(folder)
    cluster.start()
    os.environ |= {
        "DATABASE_URL": f"postgres://postgres@/latchkey?host={cluster.host}&port=5432",
        "WEBHOOK_ALLOW_PRIVATE": "on",
        "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    django.setup()
    call_command("migrate", verbosity=0)
    try:
        hanging_endpoints(arguments.events)
        killed_worker(arguments.events)
        killed_database(arguments.events, cluster)
    except Failed as failure:
        print(f"\nFAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks", description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    return parser.parse_args()


def hanging_endpoints(events: int) -> None:
    """All events go to each of 20 endpoints, of which 5 hang. The other 15 must have all of them within a minute."""
    receiver = Receiver()
    company = make_company(*(f"{receiver.url}/{'hang' if n < 5 else 'ok'}/{n}" for n in range(20)))
    with worker():
        start = time.monotonic()
        publish(company, events)
        wait_until(lambda: receiver.count() >= 15 * events)
    seconds = [each[-1][1] - start for each in receiver.arrived.values()]
    print(f"hanging: {15 * events} deliveries to 15 endpoints in {max(seconds):.1f} s, while 5 others hang")
    if max(seconds) > 60:
        raise Failed("it took more than a minute")


def killed_worker(events: int) -> None:
    """The worker is killed with SIGKILL while it sends to 4 endpoints. Another one goes on."""
    receiver = Receiver()
    company = make_company(*(f"{receiver.url}/ok/{n}" for n in range(4)))
    with worker() as process:
        publish(company, events)
        wait_until(lambda: receiver.count() > events)
        process.kill()
        process.wait()
        before = receiver.count()
        start = time.monotonic()
    with worker():
        _wait_for_all(receiver, 4 * events)
    _report("killed worker", receiver, 4 * events, before, start)


def killed_database(events: int, cluster: Cluster) -> None:
    """PostgreSQL is stopped as if it crashed, and started again. A worker that ends is started again, as by compose."""
    receiver = Receiver()
    company = make_company(*(f"{receiver.url}/ok/{n}" for n in range(4)))
    with worker() as process:
        publish(company, events)
        wait_until(lambda: receiver.count() > events)
        os.kill(int((cluster.folder / "postmaster.pid").read_bytes().split(b"\n")[0]), signal.SIGQUIT)
        before = receiver.count()
        start = time.monotonic()
        connections.close_all()
        cluster.start()
        with _survivor(process):
            _wait_for_all(receiver, 4 * events)
    _report("killed database", receiver, 4 * events, before, start)


@contextmanager
def _survivor(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Start another worker if this one ends."""
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(0.5):
            if process.poll() is not None:
                with worker():
                    stopped.wait()

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    stopped.set()
    watcher.join()


def _wait_for_all(receiver: Receiver, deliveries: int) -> None:
    wait_until(lambda: len(receiver.copies()) >= deliveries)


def _report(name: str, receiver: Receiver, deliveries: int, before: int, start: float) -> None:
    copies = receiver.copies()
    seconds = max(moment for each in receiver.arrived.values() for _, moment in each) - start
    print(
        f"{name}: {before} of {deliveries} before it, all {len(copies)} after {seconds:.0f} s; "
        f"{copies.total() - len(copies)} duplicates, 0 lost"
    )


def make_company(*urls: str) -> Any:
    """Company of a new partner with an endpoint for each URL."""
    from companies.models import Company, Partner, WebhookEndpoint  # noqa: PLC0415 - needs django.setup()
    from companies.services.webhooks.signing import encrypt_secret, new_secret  # noqa: PLC0415

    partner = Partner.objects.create(name="Bench")
    for url in urls:
        endpoint = WebhookEndpoint(partner=partner, url=url)
        endpoint.encrypted_secret = encrypt_secret(endpoint, new_secret())
        endpoint.save()
    return Company.objects.create(partner=partner, name="Bench")


def publish(company: Any, number: int) -> None:
    """Publish each event in a transaction of its own, as requests do."""
    from companies.models import PartnerEventType  # noqa: PLC0415 - needs django.setup()
    from companies.services.webhooks.publish import new_partner_event  # noqa: PLC0415
    from companies.services.webhooks.publish import publish as publish_events  # noqa: PLC0415

    resource = SimpleNamespace(pk=company.pk, company=company)
    for place in range(number):
        data = {"id": str(company.pk), "message": "x" * 500, "place": place}
        publish_events([new_partner_event(PartnerEventType.INVITATION_VIEWED, resource, data)])


@contextmanager
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "1"]
    process = subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not happened():
        if time.monotonic() > deadline:
            raise Failed(f"it did not happen within {LONGEST_WAIT} seconds")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
