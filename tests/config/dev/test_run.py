"""`make run`: obstacles are one sentence, and Ctrl-C or a kill leaves no process behind."""

import http.client
import json
import os
import re
import secrets
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings

from config.dev.processes import CannotRun
from config.dev.run import announcement, check_port, error_reason
from invitations.services.demo import ensure_demo
from tests.invitations.mail_server import port_of, reserve_port
from tests.secrecy import KNOWN, searched_output

ROOT = Path(settings.BASE_DIR)


def test_port_is_a_number():
    for text in ("http", "-1", "0", "65536", "8000.5", "80 00", "٣٠٠٠"):
        with pytest.raises(CannotRun, match=r"^PORT must be a number from 1 to 65535, not .*\.$"):
            check_port(text)


def test_port_must_be_free():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun) as error:
            check_port(str(port))

    assert str(error.value) == (
        f"Port {port} is in use; stop that program, or choose another port: make run PORT={port + 1}"
    )


def test_bad_port_is_one_sentence():
    assert error_of_run(PORT="eighty") == "PORT must be a number from 1 to 65535, not 'eighty'."


def test_bad_setting_is_one_sentence():
    assert error_of_run(DEBUG="on", TRUSTED_PROXIES=",").startswith("TRUSTED_PROXIES must ")


def test_malformed_database_url_is_one_sentence():
    error = error_of_run(DATABASE_URL="postgres://me:sekret@localhost:port/db")

    assert error.startswith("DATABASE_URL must look like postgres://user:password@host:5432/database. In user name ")


def test_unreachable_database_is_one_sentence():
    with reserve_port() as place:
        error = error_of_run(DATABASE_URL=f"postgres://me:sekret@127.0.0.1:{port_of(place)}/db")

    assert error == "The database of DATABASE_URL does not respond: Connection refused."


def test_missing_database_is_named():
    error = error_of_run(DATABASE_URL=url_of("missing"))

    assert error == 'The database of DATABASE_URL does not respond: database "missing" does not exist.'


def test_database_of_earlier_version_is_refused(database_url):
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute("CREATE TABLE django_migrations (id int, app text, name text, applied timestamptz)")
        server.execute("INSERT INTO django_migrations VALUES (1, 'companies', '0007_lists', now())")

    error = error_of_run(DATABASE_URL=database_url)

    assert error == "The database was made by an earlier version of Latchkey: name an empty one in DATABASE_URL."


def test_first_failed_attempt_gives_the_reason():
    message = (
        "Multiple connection attempts failed. All failures were:\n"
        "- host: 'db', port: 5432, hostaddr: '10.0.0.1': connection failed: "
        'connection to server at "10.0.0.1", port 5432 failed: '
        'FATAL:  password authentication failed for user "me"\n'
        "- host: 'db', port: 5432, hostaddr: '10.0.0.2': connection failed: Connection refused"
    )

    assert error_reason(message) == 'password authentication failed for user "me"'


@pytest.mark.parametrize(("script", "reason"), [("echo 3.9", "is 3.9"), ("exit 127", "is not a Python")])
def test_unsuitable_python_is_one_sentence(tmp_path, script, reason):
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)

    made = run_and_read(["make", "run", f"PYTHON={python}"], environment())

    assert made.returncode != 0
    sentence, farewell = made.stderr.splitlines()
    assert sentence.startswith(f"Latchkey needs Python 3.11 or newer, and {python} {reason}: choose ")
    assert farewell.startswith("make: ***")
    assert made.stdout == ""


def test_run_survives_a_kill_and_stops(database_url):
    port = unused_port()

    killed = Run(port, database_url)
    assert killed.wait_for("Latchkey is running.")
    killed.process.kill()

    run = Run(port, database_url)
    announced = run.wait_for("Ctrl-C stops everything")
    assert status_of_the_curl_in(announced, port) == http.client.CREATED

    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=60) == 0
    assert run.wait_for("Stopped. The data is kept.")
    searched_output().write(run.output.removeprefix(announced))  # without the API key, which it shows on purpose
    assert "Traceback" not in run.output
    assert becomes_free(port)


def test_readme_has_the_printed_request(db):
    demo = ensure_demo() | {"baseUrl": "http://localhost:8000"}

    printed = request_of_the_curl_in(announcement(demo))
    written = request_of_the_curl_in((ROOT / "README.md").read_text())

    assert written[:2] == printed[:2]
    assert json.loads(written[2]) == json.loads(printed[2])
    assert json.loads(written[2])["prefill"]["initialSites"] == [demo["siteIds"][0]]


class Run:
    """A process of `make run` on `port`. Its output is read in a thread."""

    def __init__(self, port: int, database_url: str) -> None:
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.dev.run"],
            cwd=ROOT,
            env=environment(PORT=str(port), DATABASE_URL=database_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, words: str) -> str:
        """Return the output when it contains `words`. Fails after three minutes."""
        deadline = time.monotonic() + 180
        while words not in self.output:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return self.output

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line


def status_of_the_curl_in(announced: str, port: int) -> int:
    path, key, body = request_of_the_curl_in(announced)
    web = http.client.HTTPConnection("localhost", port, timeout=60)
    web.request("POST", path, json.dumps(json.loads(body)), {"X-API-KEY": key, "Content-Type": "application/json"})
    response = web.getresponse()
    KNOWN.note(key, json.load(response)["token"])
    return response.status


def request_of_the_curl_in(text: str) -> list[str]:
    """Return path, key and body."""
    return list(re.findall(r"curl -s -X POST \S+?(/v2\S+) .*?X-API-KEY: (\S+)'.*?-d '(.*?)'", text, re.DOTALL)[0])


@pytest.fixture
def database_url() -> Iterator[str]:
    """An empty database on the server of the tests."""
    name = f"latchkey_run_{secrets.token_hex(4)}"
    with psycopg.connect(url_of("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield url_of(name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(name: str) -> str:
    """Return the URL of another database on the server of the tests."""
    entry = settings.DATABASES["default"]
    who = ":".join(quote(entry[part], safe="") for part in ("USER", "PASSWORD") if entry.get(part))
    where = {"host": entry.get("HOST"), "port": entry.get("PORT")}
    where |= {part: entry["OPTIONS"][part] for part in ("host", "port", "sslmode") if part in entry["OPTIONS"]}
    return f"postgres://{who}@/{name}?{urlencode({part: value for part, value in where.items() if value})}"


def error_of_run(**variables: str) -> str:
    """Return the one line of error output of a run that does not start. It never contains the password."""
    env = environment(**{"PORT": str(unused_port())} | variables)
    ran = run_and_read([sys.executable, "-m", "config.dev.run"], env)
    assert ran.returncode == 1
    assert "sekret" not in ran.stdout + ran.stderr
    (sentence,) = ran.stderr.splitlines()
    return sentence


def run_and_read(command: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def environment(**variables: str) -> dict[str, str]:
    """Return the environment without variables of make and Latchkey, and with `variables`."""
    ours = ("DATABASE_URL", "PORT", "EMAIL_URL", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")
    return {name: value for name, value in os.environ.items() if name not in ours} | variables


def unused_port() -> int:
    """Port that no other test gets: the system hands out those from 32768 on."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def becomes_free(port: int) -> bool:
    """True if the port is refused within a minute. The web server of a killed run may still be ending."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.1)
    return False
