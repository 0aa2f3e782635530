"""Mails in a second by the number of workers, with a fast mail server and with a slow one.

Variables: `THROUGHPUT_SECONDS` of each measurement, `THROUGHPUT_WORKERS`. All workers, the database and the mail server
share the processors of this machine.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.operations.installations import Installation, Lines, installation, wait_until
from tests.operations.networks import can_make_networks
from tests.operations.receivers import Mail
from tests.operations.test_urgent_mail import new_company, queue_mails

pytestmark = pytest.mark.skipif(not can_make_networks(), reason="needs root and network namespaces")

SECONDS = float(os.environ.get("THROUGHPUT_SECONDS", "5"))
WORKERS = [int(number) for number in os.environ.get("THROUGHPUT_WORKERS", "1,2,4,8").split(",")]
SLOW_REPLY = 0.2
FASTEST = 400  # mails in a second, more than any number of workers sends


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: Any) -> Iterator[Installation]:
    with django_db_blocker.unblock(), installation(tmp_path) as made:
        yield made


def measure(site: Installation, workers: int, receiver: Lines[Mail]) -> float:
    """Return the mails in a second, once each worker has sent one."""
    site.mails = receiver
    machines = [site.network.add("worker") for _ in range(workers)]
    for machine in machines:
        site.start_worker(machine)
    addresses = {machine.address for machine in machines}
    wait_until(lambda: addresses <= {mail.peer for mail in receiver.read()}, seconds=120, pause=0.5)
    first, start = receiver.count(), time.monotonic()
    time.sleep(SECONDS)
    rate = (receiver.count() - first) / (time.monotonic() - start)
    for machine in machines:
        machine.kill()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE status = 'doing'")
    return rate


def test_more_workers_send_more_mails(site):
    receivers = {"fast": site.mails, "slow": site.receive(Mail, SLOW_REPLY)}
    company = new_company("Bulk")
    rates: dict[str, list[float]] = {name: [] for name in receivers}
    for name, receiver in receivers.items():
        for workers in WORKERS:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = 'mail'")
                waiting = cursor.fetchone()[0]
            queue_mails(company, max(0, round(FASTEST * (SECONDS + 3)) - waiting))
            rates[name].append(measure(site, workers, receiver))

    print(f"\n{'workers':>20}" + "".join(f"{number:>8}" for number in WORKERS))
    for name, each in rates.items():
        print(f"{f'{name} mail server':>20}" + "".join(f"{rate:>8.1f}" for rate in each))
    # four places, and seven replies for a mail: other mails do not wait for a slow server
    ideal = [number * 4 / (7 * SLOW_REPLY) for number in WORKERS]
    assert all(rate > 0.6 * most for rate, most in zip(rates["slow"], ideal, strict=True))
