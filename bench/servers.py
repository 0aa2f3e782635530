"""Web servers with the settings of production, behind a TLS proxy."""

import base64
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench import Failed

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "latchkey.example"
# headers that the proxy adds
PROXY_HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
START_SECONDS = 30
GRACE_SECONDS = 10


def production(database_url: str) -> dict[str, str]:
    """Environment variables of production. Keys and data are public."""
    return {
        "DEBUG": "off",
        "DATABASE_URL": database_url,
        "SECRET_KEY": hashlib.sha512(b"latchkey bench").hexdigest(),
        "ENCRYPTION_KEYS": base64.b64encode(hashlib.sha256(b"latchkey bench").digest()).decode(),
        "PUBLIC_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "TRUSTED_PROXIES": "1",
        "LOG_LEVEL": "INFO",
    }


class Running(NamedTuple):
    """A server. `pid` is its first process, which leads a session of its own."""

    url: str
    pid: int


@contextmanager
def running(module: str, log: Path, *arguments: str, workers: int, threads: int | None = None) -> Iterator[Running]:
    """Run `python -m module` and yield it once it responds. Its output goes to `log`."""
    port = _free_port()
    command = [sys.executable, "-m", module, *arguments, "--port", str(port)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "PORT": str(port)}
    environment |= {"WEB_WORKERS": str(workers)} | ({"WEB_THREADS": str(threads)} if threads else {})
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=BASE_DIR, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(server, port, log)
        yield Running(f"http://127.0.0.1:{port}", server.pid)
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(GRACE_SECONDS)
        with suppress(OSError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request("GET", "/healthz", headers=PROXY_HEADERS)
            if client.getresponse().status < 500:
                return
        time.sleep(0.1)
    raise Failed(f"The server did not respond; see {log}:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
