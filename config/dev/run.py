"""`make run`: check, prepare, then serve until Ctrl-C. Each obstacle is reported in one sentence."""
# ruff: noqa: T201 - this program talks to a person at a terminal

import errno
import io
import json
import os
import re
import socket
import sys
import time
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from config import database
from config.dev.migration_history import refuse_earlier_versions
from config.dev.processes import CannotRun, catch_signals, ignore_signals, serve


def main() -> int:
    """Run until Ctrl-C or SIGTERM and return 0. Print the reason and return 1 if that is not possible."""
    catch_signals()
    try:
        port = check_port(os.environ.get("PORT") or "8000")
        connect(port)
        demo = prepare()
        _print_step("Starting the web server and the worker")
        serve(port, on_ready=lambda: print(announcement(demo), flush=True))
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        ignore_signals()
    print("Stopped. The data is kept.")
    return 0


def check_port(text: str) -> int:
    """Return the port if it is valid, free and permitted."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise CannotRun(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    deadline = time.monotonic() + 3  # a run that was just killed needs a moment to release it
    while (error := _bind_error(port)) == errno.EADDRINUSE and time.monotonic() < deadline:
        time.sleep(0.1)
    if error == errno.EADDRINUSE:
        raise CannotRun(
            f"Port {port} is in use; stop that program, or choose another port: make run PORT={min(port + 1, 65534)}"
        )
    if error:
        raise CannotRun(f"Port {port} cannot be used ({os.strerror(error)}); choose another with PORT=8000.")
    return port


def connect(port: int) -> None:
    """Set up Django and connect to the database, after starting the embedded one if it is used."""
    os.environ["PORT"] = str(port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if database.is_embedded():
        _print_step("Starting PostgreSQL")
    try:
        database.connection_settings()
        database.start_embedded()
        django.setup()
        _require_debug()
        # for the processes that follow: they serve this machine only, and its developer tries a receiver here
        os.environ.setdefault("WEBHOOK_ALLOW_PRIVATE", "on")
        refuse_earlier_versions()
    except ImproperlyConfigured as error:
        raise CannotRun(str(error)) from error
    except DatabaseError as error:
        raise CannotRun(f"The database of DATABASE_URL does not respond: {error_reason(str(error))}.") from error


def error_reason(message: str) -> str:
    """Return the reason in a message of libpq, which may list several attempts.

    >>> error_reason('connection failed: connection to server at "::1", port 5432 failed: FATAL:  no such role')
    'no such role'
    """
    lines = [line for line in message.splitlines() if "failed: " in line or "FATAL: " in line]
    first = (lines or message.splitlines() or [message])[0]
    return re.split(r"failed: |FATAL: +", first)[-1].strip().rstrip(".")


def prepare() -> dict[str, Any]:
    """Migrate the database, create the demo data once, and return the output of `manage.py demo --json`."""
    output = io.StringIO()
    _print_step("Migrating the database")
    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_datasources", stdout=io.StringIO())
        call_command("demo", "--json", stdout=output)
    except DatabaseError as error:
        raise CannotRun(f"The database could not be prepared: {error_reason(str(error))}.") from error
    except CommandError as error:
        raise CannotRun(str(error)) from error
    finally:
        connection.close()
    demo: dict[str, Any] = json.loads(output.getvalue())
    return demo


def announcement(demo: dict[str, Any]) -> str:
    """Return the URLs, logins and first request that a newcomer needs."""
    url = demo["baseUrl"]
    mails = f"Mails are written to .data/mail/ and shown at {url}/dev/mail."
    if os.environ.get("EMAIL_URL"):
        mails = "Mails go through EMAIL_URL."
    return f"""
Latchkey is running.

  App        {url}/
  Admin      {url}/admin/
  API docs   {url}/v2/docs

  Staff      {demo["staffUsername"]}
  Password   {demo["staffPassword"] or "(it has been changed since)"}
  API key    {demo["apiKey"]}
  Test key   {demo["testApiKey"]}

{mails}

Create an invitation with a prefilled form, and open its invitationUrl:

{curl_example(demo)}

Ctrl-C stops everything and keeps the data.
"""


def curl_example(demo: dict[str, Any]) -> str:
    """Return the curl command of the first invitation. README.md has the same one."""
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


def _require_debug() -> None:
    """The staff and passwords of the demo are publicly known."""
    if not settings.DEBUG:
        raise CannotRun("make run is for trying Latchkey out, with DEBUG on; compose.yaml is for production.")


def _bind_error(port: int) -> int:
    """Return the error number of binding `port` on the local addresses, 0 if it is free."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return error.errno
    return 0


def _print_step(what: str) -> None:
    print(f"{what} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
