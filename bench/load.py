"""Load from eight connections without pause, by wrk if it is installed, else by Python threads."""

import http.client
import itertools
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from bench import Failed

CONNECTIONS = 8
WRK = shutil.which("wrk")
SCRIPT = Path(__file__).with_name("requests.lua")
CLIENT = "wrk, 2 threads" if WRK else "PYTHON THREADS, which slow the server down: install wrk for reliable figures"


@dataclass(frozen=True)
class Requests:
    """Requests sent over and over: each path in turn, with a new `{uuid}` in the body each time."""

    paths: list[str]
    headers: dict[str, str]
    method: str = "GET"
    body: str | None = None
    status: int = 200


@dataclass(frozen=True)
class Answered:
    """Result of one run of requests; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def ask_once(url: str, requests: Requests) -> http.client.HTTPResponse:
    """Return the response, with its body as `.text`. Raises `Failed` for an unexpected status."""
    answer = ask(url, requests)
    if answer.status != requests.status:
        raise Failed(f"{requests.method} {requests.paths[0]}: {answer.status} {answer.text[:500]}")  # type: ignore[attr-defined]
    return answer


def ask(url: str, requests: Requests) -> http.client.HTTPResponse:
    """Return the response of any status, with its body as `.text`."""
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    client.request(requests.method, requests.paths[0], _fresh(requests.body), requests.headers)
    answer = client.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    client.close()
    return answer


def measure(url: str, requests: Requests, *, seconds: float, start: int = 0) -> Answered:
    """Send requests for `seconds`, beginning with path `start`. Raises `Failed` if one of them failed."""
    return (_measure_with_wrk if WRK else _measure_with_threads)(url, requests, seconds, start)


def _measure_with_wrk(url: str, requests: Requests, seconds: float, start: int) -> Answered:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as paths:
        paths.write("\n".join(requests.paths))
        paths.flush()
        command = [str(WRK), "-t2", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--latency", "-s", str(SCRIPT)]
        for name, value in requests.headers.items():
            command += ["-H", f"{name}: {value}"]
        command += [url, "--", paths.name, requests.method, str(start)]
        command += [requests.body] if requests.body else []
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Failed(f"wrk ended with {ran.returncode}: {ran.stderr or ran.stdout}")
    told = json.loads(ran.stdout.splitlines()[-1])
    return _checked(requests, told["refused"], told["broken"], Answered(*(told[n] for n in _NAMES)))


_NAMES = ("requests", "seconds", "p50", "p99")


@dataclass
class _Tally:
    """Responses that one thread received."""

    milliseconds: list[float] = field(default_factory=list)
    refused: int = 0
    broken: int = 0


def _measure_with_threads(url: str, requests: Requests, seconds: float, start: int) -> Answered:
    tallies = [_Tally() for _ in range(CONNECTIONS)]
    began = time.monotonic()
    threads = [
        threading.Thread(
            target=_keep_asking,
            args=(url, requests, _every(requests.paths, start + number), began + seconds, tally),
        )
        for number, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    times = sorted(itertools.chain.from_iterable(tally.milliseconds for tally in tallies)) or [0.0]
    answered = Answered(len(times), took, times[len(times) // 2], times[len(times) * 99 // 100])
    return _checked(requests, sum(t.refused for t in tallies), sum(t.broken for t in tallies), answered)


def _keep_asking(url: str, requests: Requests, paths: Iterator[str], until: float, tally: _Tally) -> None:
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    while (began := time.monotonic()) < until:
        try:
            client.request(requests.method, next(paths), _fresh(requests.body), requests.headers)
            answer = client.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            tally.broken += 1
            client.close()
            continue
        tally.refused += answer.status != requests.status
        tally.milliseconds.append((time.monotonic() - began) * 1000)
    client.close()


def _every(paths: list[str], start: int) -> Iterator[str]:
    return (paths[index % len(paths)] for index in itertools.count(start, CONNECTIONS))


def _fresh(body: str | None) -> str | None:
    return body and body.replace("{uuid}", str(uuid4()))


def _checked(requests: Requests, refused: int, broken: int, answered: Answered) -> Answered:
    if refused or broken or not answered.requests:
        raise Failed(
            f"{requests.method} {requests.paths[0]}: of {answered.requests} requests {refused} were refused and "
            f"{broken} broke."
        )
    return answered
