"""`make run`: its refusals are sentences, and Ctrl-C or a kill leave nothing behind."""

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
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings

from config.dev.run import CannotRun, announcement, free_port, reason_in
from invitations.services.demo import ensure_demo
from tests.invitations.mail_server import port_of, reserve_port
from tests.secrecy import KNOWN, searched_output

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize("text", ["http", "-1", "0", "65536", "8000.5", "80 00", "٣٠٠٠"])
def test_a_port_that_is_no_port_is_refused(text):
    with pytest.raises(CannotRun, match=r"^PORT must be a number from 1 to 65535, not .*\.$"):
        free_port(text)


def test_a_bad_port_is_one_sentence():
    assert refusal(PORT="eighty") == "PORT must be a number from 1 to 65535, not 'eighty'."


@pytest.mark.parametrize("name", ["LOG_LEVEL", "TRUSTED_PROXIES", "PUBLIC_URL", "ALLOWED_HOSTS", "EMAIL_URL"])
def test_a_setting_that_does_not_hold_is_one_sentence_that_names_it(name):
    assert refusal(**{"DEBUG": "on", name: ","}).startswith(f"{name} must ")


def test_a_port_in_use_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = refusal(PORT=str(port))

    assert said == f"Port {port} is in use; stop what runs there, or name another: make run PORT={port + 1}"


@pytest.mark.parametrize(
    "url",
    ["nonsense", "mysql://me:sekret@localhost/db", "postgres://me:sekret@localhost:port/db"],
)
def test_a_malformed_database_url_is_one_sentence(url):
    said = refusal(DATABASE_URL=url)

    assert said == "DATABASE_URL must look like postgres://user:password@host:5432/database."


def test_a_database_that_is_not_reached_is_one_sentence_without_the_password():
    with reserve_port() as place:
        said = refusal(DATABASE_URL=f"postgres://me:sekret@127.0.0.1:{port_of(place)}/db")

    assert said == "The database of DATABASE_URL does not answer: Connection refused."


def test_a_database_that_does_not_exist_is_named():
    said = refusal(DATABASE_URL=url_of("there_is_none"))

    assert said == 'The database of DATABASE_URL does not answer: database "there_is_none" does not exist.'


def test_the_first_of_several_attempts_gives_the_reason():
    words = (
        "Multiple connection attempts failed. All failures were:\n"
        "- host: 'db', port: 5432, hostaddr: '10.0.0.1': connection failed: "
        'connection to server at "10.0.0.1", port 5432 failed: '
        'FATAL:  password authentication failed for user "me"\n'
        "- host: 'db', port: 5432, hostaddr: '10.0.0.2': connection failed: Connection refused"
    )

    assert reason_in(words) == 'password authentication failed for user "me"'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("echo 3.9", "is 3.9"),
        ("echo Python 3.9.18", "is not a Python"),
        ("exit 127", "is not a Python"),
    ],
)
def test_a_python_that_is_too_old_is_one_sentence(tmp_path, answer, said):
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{answer}\n")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)

    made = run_and_read(["make", "run", f"PYTHON={python}"], environment())

    assert made.returncode != 0
    sentence, aftermath = made.stderr.splitlines()
    assert sentence.startswith(f"Latchkey needs Python 3.11 or newer, and {python} {said}: name ")
    assert aftermath.startswith("make: ***")  # make's own farewell
    assert made.stdout == ""


def test_it_serves_again_after_a_kill_and_stops_everything_on_ctrl_c(database_url):
    port = unused_port()

    killed = Run(port, database_url)
    assert killed.told("Latchkey is running.")
    killed.process.kill()

    run = Run(port, database_url)
    announced = run.told("Ctrl-C stops everything")
    assert answer_to_the_curl_in(announced, port) == http.client.CREATED

    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=60) == 0
    assert run.told("Stopped. The data is kept.")
    searched_output().write(run.output.removeprefix(announced))  # which shows the key, and means to
    assert "Traceback" not in run.output
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_the_readme_asks_for_what_make_run_prints(db):
    demo = ensure_demo() | {"baseUrl": "http://localhost:8000"}

    printed = posted_by_the_curl_in(announcement(demo))
    written = posted_by_the_curl_in((ROOT / "README.md").read_text())

    assert written[:2] == printed[:2]
    assert json.loads(written[2]) == json.loads(printed[2])
    assert json.loads(written[2])["prefill"]["initialSites"] == [demo["siteIds"][0]]


class Run:
    """A run of its own on `port`, whose output is read as it comes."""

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

    def told(self, words: str) -> str:
        """The output, once it holds `words`; fails after a while."""
        deadline = time.monotonic() + 180
        while words not in self.output:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return self.output

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line


def answer_to_the_curl_in(announced: str, port: int) -> int:
    """The status of what the printed curl command would send."""
    path, key, body = posted_by_the_curl_in(announced)
    web = http.client.HTTPConnection("localhost", port, timeout=60)
    web.request("POST", path, json.dumps(json.loads(body)), {"X-API-KEY": key, "Content-Type": "application/json"})
    answer = web.getresponse()
    KNOWN.note(key, json.load(answer)["token"])
    return answer.status


def posted_by_the_curl_in(text: str) -> list[str]:
    """The path, the key and the body."""
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
    """The server of the tests, with another database of it."""
    entry = settings.DATABASES["default"]
    who = ":".join(quote(entry[part], safe="") for part in ("USER", "PASSWORD") if entry.get(part))
    where = {"host": entry.get("HOST"), "port": entry.get("PORT")}
    where |= {part: entry["OPTIONS"][part] for part in ("host", "port", "sslmode") if part in entry["OPTIONS"]}
    return f"postgres://{who}@/{name}?{urlencode({part: value for part, value in where.items() if value})}"


def refusal(**variables: str) -> str:
    """What the runner says on its error output, having started nothing."""
    env = environment(**{"PORT": str(unused_port())} | variables)
    ran = run_and_read([sys.executable, "-m", "config.dev.run"], env)
    assert ran.returncode == 1
    assert "sekret" not in ran.stdout + ran.stderr
    (sentence,) = ran.stderr.splitlines()
    return sentence


def run_and_read(command: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def environment(**variables: str) -> dict[str, str]:
    """The environment without what steers make or Latchkey, and with `variables`."""
    ours = ("DATABASE_URL", "PORT", "EMAIL_URL", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")
    return {name: value for name, value in os.environ.items() if name not in ours} | variables


def unused_port() -> int:
    with reserve_port() as place:
        return port_of(place)
