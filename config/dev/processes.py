"""The web server and the worker of `make run`: start, watch and stop them."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from os import killpg
from pathlib import Path
from types import FrameType

from django.conf import settings

START_SECONDS = 60
GRACE_SECONDS = 10

# Reads process ids until its input closes. The kernel closes it when the runner ends in any way, also by a closed
# terminal or SIGKILL. Then it ends these processes, so that the port is free for the next run.
ORPHAN_GUARD = """
import os, signal, sys, time
children = [int(line) for line in sys.stdin]
for end, kind, seconds in (os.kill, signal.SIGTERM, 5), (os.killpg, signal.SIGKILL, 0):
    for child in children:
        try:
            end(child, kind)
        except OSError:
            pass
    time.sleep(seconds)
"""


class CannotRun(Exception):
    """The reason why the run cannot start or go on, in one sentence."""


def catch_signals() -> None:
    """Turn SIGINT and SIGTERM into KeyboardInterrupt, also if a shell started us with SIGINT ignored."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)


def ignore_signals() -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)


def serve(port: int, *, on_ready: Callable[[], None]) -> None:
    """Run the web server and the worker until a signal comes. Raises `CannotRun` if one of them ends."""
    guard = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", ORPHAN_GUARD], stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in _commands(port).items():
            children[name] = _start(command, **_environments().get(name, {}))
            print(children[name].pid, file=guard.stdin, flush=True)
        _wait_until_ready(port, children)
        on_ready()
        while True:
            _check_alive(children)
            time.sleep(0.5)
    finally:
        ignore_signals()
        _stop(children)
        guard.kill()


def _commands(port: int) -> dict[str, list[str]]:
    web = f"config.server --port {port} --grace-seconds 2"
    worker = "manage.py procrastinate worker --shutdown-graceful-timeout 5"
    return {
        "web server": [sys.executable, "-m", *web.split()],
        "worker": [sys.executable, *worker.split()],
    }


def _environments() -> dict[str, dict[str, str]]:
    """Return what differs from the runner's environment: two processes cannot have one port."""
    port = settings.METRICS_PORT
    return {"worker": {"METRICS_PORT": str(port + 1)}} if port else {}


def _start(command: list[str], **environment: str) -> "subprocess.Popen[bytes]":
    """Start a process in its own session, so that the terminal's Ctrl-C reaches only the runner."""
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=Path(settings.BASE_DIR),
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_until_ready(port: int, children: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _check_alive(children)
        with suppress(OSError, http.client.HTTPException):
            web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)  # ignores proxy settings
            web.request("GET", "/healthz")
            if web.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise CannotRun(f"The web server did not respond within {START_SECONDS} seconds; its output is above.")


def _check_alive(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if (code := child.poll()) is not None:
            raise CannotRun(f"The {name} ended by itself (exit code {code}); its output is above.")


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Terminate all children, and kill those that are still running after `GRACE_SECONDS`."""
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with suppress(OSError):
            killpg(child.pid, signal.SIGKILL)  # and processes that it started
        child.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
