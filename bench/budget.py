"""`python -m bench --budget`: what a request of each operation costs, and which part costs it.

Requests run in this process, one after the other, through all that `config.server` runs in a thread: middleware, view,
database. granian and its event loop are left out; the table of the benchmark has the whole.

How honest it is:

- Statements and round trips are counted in libpq's trace of the connection, so no code can evade them. They are means
  of some requests, after as many have prepared the statements.
- The total is the processor time of requests that nothing observes.
- Its division is sampled: a timer interrupts after some milliseconds of processor time, and the sample belongs to the
  innermost frame that `bench.parts` knows. Functions in C count for their caller, and so does the system's work for a
  send. Garbage collection counts for the code that it interrupts. Unlike a profiler, which makes small functions look
  expensive, the timer slows nothing down, but it is coarse: with n samples, a share s is uncertain by
  2 * sqrt(s * (1 - s) / n). The table says n. Do not read differences below that.
"""

import itertools
import logging
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import uuid4

from bench import Failed, traffic
from bench.load import Requests
from bench.operations import Operation
from bench.parts import in_order, part_of
from config.server.environ import make_environ

COUNTED_REQUESTS = 50
INTERVAL_SECONDS = 0.002
SECONDS_OF_TOTAL = 1


Respond = Callable[[dict[str, Any]], Any]


def measure(operations: Iterable[Operation], *, seconds: float, log: Path) -> "Iterator[Budget]":
    """Yield the costs of each operation. The access log goes to `log`."""
    from config.server.asgi import respond  # noqa: PLC0415 - it sets Django up, and lists the static files

    with log.open("w") as file:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(file)
        for operation in operations:
            yield Budget(operation, respond, seconds=seconds)


class Budget:
    """Costs of an operation; times in milliseconds of processor time for each request."""

    def __init__(self, operation: Operation, respond: Respond, *, seconds: float) -> None:
        if operation.before:
            operation.before()
        send = sender(operation.requests, respond)
        self.name = operation.name
        self.traffic = traffic.count(send, times=COUNTED_REQUESTS)
        self.total = _milliseconds(send, SECONDS_OF_TOTAL)
        with sampled() as samples:
            _milliseconds(send, seconds)
        self.samples = sum(samples.values())
        self.parts = shares(samples, self.total)


def shares(samples: "Counter[str]", total: float) -> dict[str, float]:
    """Divide the total as the samples are divided."""
    number = sum(samples.values())
    return {part: total * found / number for part, found in samples.items()}


def as_table(budgets: list[Budget]) -> str:
    """Return a table of Markdown, with a column for each operation."""
    rows: list[tuple[str, list[str]]] = [
        ("SQL statements", [f"{each.traffic.statements:.3g}" for each in budgets]),
        ("begin, commit, savepoints", [f"{each.traffic.control:.3g}" for each in budgets]),
        ("round trips", [f"{each.traffic.round_trips:.3g}" for each in budgets]),
        ("**processor ms**", [f"**{each.total:.2f}**" for each in budgets]),
    ]
    rows += [
        (part, [f"{each.parts[part]:.2f}" if part in each.parts else "" for each in budgets])
        for part in in_order()
        if any(part in each.parts for each in budgets)
    ]
    rows.append(("samples", [str(each.samples) for each in budgets]))
    head = ["of a request", *(each.name for each in budgets)]
    lines = [head, ["---"] * len(head), *([name, *cells] for name, cells in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@contextmanager
def sampled() -> "Iterator[Counter[str]]":
    """Yield the number of samples of each part while the block runs in the main thread."""
    samples: Counter[str] = Counter()

    def sample(_signal: int, frame: FrameType | None) -> None:
        samples[part_of(frame)] += 1

    before = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def sender(requests: Requests, respond: Respond) -> Callable[[], None]:
    """Return a function that sends the next request, and raises `Failed` for an unexpected status."""
    paths = itertools.cycle(requests.paths)

    def send() -> None:
        path, body = next(paths), (requests.body or "").replace("{uuid}", str(uuid4())).encode()
        answer = respond(make_environ(_scope(requests, path, body)) | {"wsgi.input": BytesIO(body)})
        if answer.status != requests.status:
            raise Failed(f"{requests.method} {path}: {answer.status} {answer.body.read()[:500]!r}")

    return send


def _scope(requests: Requests, path: str, body: bytes) -> dict[str, Any]:
    raw_path, _, query = path.encode().partition(b"?")
    headers = [(name.lower().encode(), value.encode()) for name, value in requests.headers.items()]
    return {
        "method": requests.method,
        "raw_path": raw_path,
        "query_string": query,
        "headers": [*headers, (b"content-length", b"%d" % len(body))] if body else headers,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 40000),
    }


def _milliseconds(send: Callable[[], None], seconds: float) -> float:
    """Send requests for so many seconds of processor time. Returns that of one request."""
    began, number = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        send()
        number += 1
    return spent * 1000 / number
