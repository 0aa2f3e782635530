"""`make run`: check, prepare, then serve until Ctrl-C.

Whatever stands in the way is said in one sentence, before anything is started.
"""
# ruff: noqa: T201 - this program talks to a person at a terminal

import errno
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection

from config import database

START_SECONDS = 60
GRACE_SECONDS = 10

# Reads process ids until its input ends, which the kernel sees to when the runner is gone, however it
# went; then these processes go too, and the port is free for the next run.
GUARD = """
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
    """What stands in the way, in one sentence."""


def main() -> int:
    """Run until Ctrl-C or SIGTERM and return 0, or say why not and return 1."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)  # also where a shell started us with SIGINT ignored
    try:
        port = free_port(os.environ.get("PORT") or "8000")
        connect(port)
        demo = prepare()
        serve(port, demo)
    except CannotRun as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _ignore_signals()
    print("Stopped. The data is kept.")
    return 0


def free_port(text: str) -> int:
    """The port that `text` names. Refuses what is no port, is taken, or may not be used."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise CannotRun(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    deadline = time.monotonic() + 3  # a run that was just killed needs a moment to let go
    while (reason := _why_not(port)) == errno.EADDRINUSE and time.monotonic() < deadline:
        time.sleep(0.1)
    if reason == errno.EADDRINUSE:
        raise CannotRun(
            f"Port {port} is in use; stop what runs there, or name another: make run PORT={min(port + 1, 65534)}"
        )
    if reason:
        raise CannotRun(f"Port {port} cannot be used ({os.strerror(reason)}); name another with PORT=8000.")
    return port


def connect(port: int) -> None:
    """Set Django up and make sure that the database answers, starting the embedded one where it is used."""
    os.environ["PORT"] = str(port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if database.is_embedded():
        _say("Starting PostgreSQL")
    try:
        database.connection_settings()
        database.start_embedded()
        django.setup()
        _refuse_production()
        connection.ensure_connection()
    except ImproperlyConfigured as error:
        raise CannotRun(str(error)) from error
    except DatabaseError as error:
        raise CannotRun(f"The database of DATABASE_URL does not answer: {reason_in(str(error))}.") from error


def reason_in(words: str) -> str:
    """The reason in what libpq has to say, which may be several attempts on several lines.

    >>> reason_in('connection failed: connection to server at "::1", port 5432 failed: FATAL:  no such role')
    'no such role'
    """
    lines = [line for line in words.splitlines() if "failed: " in line or "FATAL: " in line]
    first = (lines or words.splitlines() or [words])[0]
    return re.split(r"failed: |FATAL: +", first)[-1].strip().rstrip(".")


def prepare() -> dict[str, Any]:
    """Bring the database up to date, make the demo data once, and return what the demo says of itself."""
    output = io.StringIO()
    _say("Bringing the database up to date")
    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_datasources", stdout=io.StringIO())
        call_command("demo", "--json", stdout=output)
    except DatabaseError as error:
        raise CannotRun(f"The database could not be prepared: {reason_in(str(error))}.") from error
    finally:
        connection.close()
    demo: dict[str, Any] = json.loads(output.getvalue())
    return demo


def serve(port: int, demo: dict[str, Any]) -> None:
    """Run the web server and the worker until one of them ends, which is refused, or a signal comes."""
    _say("Starting the web server and the worker")
    guard = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", GUARD], stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in _commands(port).items():
            children[name] = _start(command)
            print(children[name].pid, file=guard.stdin, flush=True)
        wait_until_it_answers(port, children)
        print(announcement(demo), flush=True)
        while True:
            refuse_the_dead(children)
            time.sleep(0.5)
    finally:
        _ignore_signals()
        stop(children)
        guard.kill()


def wait_until_it_answers(port: int, children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Return once `/healthz` answers; refuse after `START_SECONDS` and when a child has died."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        refuse_the_dead(children)
        with suppress(OSError, http.client.HTTPException):
            web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)  # never through a proxy
            web.request("GET", "/healthz")
            if web.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise CannotRun(f"The web server did not answer within {START_SECONDS} seconds; its output is above.")


def refuse_the_dead(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Refuse to go on without one of the children."""
    for name, child in children.items():
        if (code := child.poll()) is not None:
            raise CannotRun(f"The {name} ended by itself (exit code {code}); its output is above.")


def stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask all children to end, and end those that have not after `GRACE_SECONDS`."""
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)  # with whatever it may have left behind
        child.wait()


def announcement(demo: dict[str, Any]) -> str:
    """Everything a newcomer needs, to read and to paste."""
    url = demo["baseUrl"]
    through_url = os.environ.get("EMAIL_URL")
    mails = (
        "Mails go through EMAIL_URL."
        if through_url
        else f"Mails are written to .data/mail/ and shown at {url}/dev/mail."
    )
    return f"""
Latchkey is running.

  App        {url}/
  Admin      {url}/admin/
  API docs   {url}/v2/docs

  Staff      {demo["staffUsername"]}
  Password   {demo["staffPassword"] or "(the one that somebody has set since)"}
  API key    {demo["apiKey"]}

{mails}

Create an invitation, whose form is filled in beforehand, and open its invitationUrl:

{request_to_paste(demo)}

Ctrl-C stops everything and keeps the data.
"""


def request_to_paste(demo: dict[str, Any]) -> str:
    """The first invitation, by curl; README.md has the same."""
    return f"""\
curl -s -X POST {demo["baseUrl"]}/v2/invitation/company/{demo["companyId"]} \\
  -H 'X-API-KEY: {demo["apiKey"]}' \\
  -H 'Content-Type: application/json' \\
  -d '{{
    "message": "Please connect the electricity account of the bakery.",
    "maxUses": 1,
    "expiresInSeconds": 1209600,
    "prefill": {{
      "country": "GB",
      "utilityTypes": ["ELECTRICITY"],
      "initialSites": ["{demo["siteIds"][0]}"],
      "lockedFields": ["country"]
    }}
  }}' | python3 -m json.tool"""


def _refuse_production() -> None:
    """The demo's people and passwords are known to everybody."""
    if not settings.DEBUG:
        raise CannotRun("make run is for trying Latchkey out, with DEBUG on; compose.yaml is for production.")


def _commands(port: int) -> dict[str, list[str]]:
    web = f"granian --interface wsgi --host 127.0.0.1 --port {port} --workers 2 --blocking-threads 4"
    # a worker of granian's that is asked to end while it starts would stay for ever
    web += " --workers-kill-timeout 2 --http 1 --no-ws --no-access-log --log-level error config.wsgi:application"
    worker = "manage.py procrastinate worker --shutdown-graceful-timeout 5"
    return {
        "web server": [sys.executable, "-m", *web.split()],
        "worker": [sys.executable, *worker.split()],
    }


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    """Start it in a session of its own: the terminal's Ctrl-C is for us, and we stop it deliberately."""
    return subprocess.Popen(  # noqa: S603
        command, cwd=database.BASE_DIR, stdin=subprocess.DEVNULL, start_new_session=True
    )


def _why_not(port: int) -> int:
    """The error number of binding `port` on this machine's own addresses, 0 when it can be had."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return error.errno
    return 0


def _say(what: str) -> None:
    print(f"{what} ...", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
