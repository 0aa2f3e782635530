"""Which database is used, and when the embedded server runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import database

HOLDER = """
import pathlib, sys
import psycopg
from config import database
database.DATA_DIR = pathlib.Path(sys.argv[1])
database.PGDATA = database.DATA_DIR / "postgres"
database.start_embedded()
psycopg.connect(host=database.embedded_settings()["HOST"], user="postgres", dbname="latchkey").close()
print("up", flush=True)
sys.stdin.read()
"""

BROKEN_URLS = [
    "nonsense",
    "://",
    "mysql://me:sekret@localhost/db",
    "oracle2://me:sekret@localhost/db",
    "postgres://me:sekret@localhost:port/db",
    "postgres://me:se/kret@localhost:5432/db",
    "postgres://me:12/34@localhost:5432/db",
    "postgres://me:sekret@localhost",
]


@pytest.mark.parametrize("url", BROKEN_URLS)
def test_a_url_that_names_no_postgres_database_is_refused_without_repeating_it(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured) as refusal:
        database.connection_settings()

    assert str(refusal.value) == database.URL_SHAPE
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_options_in_the_url_are_kept(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db.example.com:5433/latchkey?sslmode=require")

    entry = database.connection_settings()

    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example.com", 5433, "latchkey")
    assert entry["OPTIONS"] == {"sslmode": "require", "connect_timeout": database.CONNECT_SECONDS}


def test_without_a_url_the_embedded_server_is_used(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")

    assert database.is_embedded()
    assert database.connection_settings()["NAME"] == "latchkey"


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A place for a server of its own, so that nobody else holds it."""
    yield tmp_path
    if pid_file(tmp_path).exists():
        os.kill(int(pid_file(tmp_path).read_text().split()[0]), signal.SIGQUIT)


def test_the_last_process_to_end_stops_the_server_and_a_killed_one_does_not_count(data_dir):
    first, second, killed = hold(data_dir), hold(data_dir), hold(data_dir)
    killed.kill()
    killed.wait()

    release(first)
    assert pid_file(data_dir).exists()

    release(second)
    assert not pid_file(data_dir).exists()


def test_a_server_left_behind_by_killed_processes_is_taken_over_and_stopped(data_dir):
    killed = hold(data_dir)
    killed.kill()
    killed.wait()
    assert pid_file(data_dir).exists()

    release(hold(data_dir))

    assert not pid_file(data_dir).exists()


def test_after_a_power_cut_another_program_of_the_same_number_is_not_taken_for_the_server(data_dir):
    release(hold(data_dir))
    left_behind = f"{os.getpid()}\n{data_dir}/postgres\n1700000000\n5432\n{data_dir}/postgres\n\n0 0\nready\n"
    pid_file(data_dir).write_text(left_behind)

    release(hold(data_dir))

    assert not pid_file(data_dir).exists()


def test_the_socket_is_found_also_where_the_path_is_too_long_for_one(tmp_path):
    deep = tmp_path / ("a-long-name-" * 9)
    deep.mkdir()

    holder = hold(deep)

    release(holder)
    assert not pid_file(deep).exists()


def hold(data_dir: Path) -> "subprocess.Popen[str]":
    """A process that holds the server in `data_dir`, once it does."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        cwd=database.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "up\n"
    return holder


def release(holder: "subprocess.Popen[str]") -> None:
    """Let the process end in the ordinary way."""
    holder.communicate(timeout=120)
    assert holder.returncode == 0


def pid_file(data_dir: Path) -> Path:
    return data_dir / "postgres" / "postmaster.pid"
