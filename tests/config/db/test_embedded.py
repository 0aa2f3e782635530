"""Embedded PostgreSQL: start and stop, paths, and errors. Each test has its own durable servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import database
from config.db.embedded import Cluster

HOLDER = """
import pathlib, sys
import psycopg
from django.core.exceptions import ImproperlyConfigured
from config.db.embedded import Cluster
cluster = Cluster(pathlib.Path(sys.argv[1]))
try:
    cluster.start()
except ImproperlyConfigured as refusal:
    sys.exit(str(refusal))
psycopg.connect(host=cluster.host, user="postgres", dbname="latchkey").close()
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Data folder of a server that only this test holds.

    Not `tmp_path`: another run of pytest would close its parent folder to the server's account.
    """
    with TemporaryDirectory(prefix="latchkey-test-", ignore_cleanup_errors=True) as place:
        yield Path(place) / "postgres"
        for pid_file in Path(place).rglob("postmaster.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)


@pytest.fixture(scope="module")
def stopped() -> Iterator[Path]:
    """Data folder of a server that ran once, to be copied."""
    with TemporaryDirectory(prefix="latchkey-test-") as place:
        release(hold(Path(place) / "postgres"))
        yield Path(place) / "postgres"


@pytest.fixture
def made(folder: Path, stopped: Path) -> Path:
    """A copy of the data, in a folder that only this test uses."""
    subprocess.run(["cp", "-a", str(stopped), str(folder)], check=True)
    return folder


def test_last_holder_stops_the_server(made):
    first, second, killed = hold(made), hold(made), hold(made)
    killed.kill()
    killed.wait()

    release(first)
    assert is_running(made)

    release(second)
    assert not is_running(made)


def test_abandoned_server_is_taken_over(made):
    killed = hold(made)
    killed.kill()
    killed.wait()
    assert is_running(made)

    release(hold(made))

    assert not is_running(made)


def test_concurrent_first_starts_share_one_server(folder):
    starting = [start(folder) for _ in range(2)]

    for holder in starting:
        wait_until_up(holder)
        assert is_running(folder)
    for holder in starting:
        release(holder)

    assert not is_running(folder)
    assert Path(f"{folder}.log").read_text().count("starting PostgreSQL") == 1


def test_pid_of_another_program_is_ignored(made):
    left_behind = f"{os.getpid()}\n{made}\n1700000000\n5432\n{made}\n\n0 0\nready\n"
    (made / "postmaster.pid").write_text(left_behind)

    release(hold(made))

    assert not is_running(made)


def test_odd_path_holds_a_server(folder):
    odd = folder.parent / ("é, blanks, a quo'te" + "-and-a-long-name" * 6) / "postgres"

    try:
        release(hold(odd))
    finally:
        Path(Cluster(odd).host).unlink()

    assert not is_running(odd)


def test_path_that_shells_read_is_refused(folder):
    for name in ('a "b"', "$HOME", "a`b", "a\\b"):
        with pytest.raises(ImproperlyConfigured, match="rename the folder, or set DATABASE_URL"):
            Cluster(folder.parent / name / "postgres").start()


def test_short_link_of_another_user_is_refused(folder):
    odd = folder.parent / "with blanks" / "postgres"
    link = Path(Cluster(odd).host)
    link.unlink()
    link.mkdir()  # simulated: a test cannot create a link of another user

    try:
        said = refusal(odd)
    finally:
        link.rmdir()

    assert (
        said
        == f"{link} was created by another user or program, but the embedded PostgreSQL needs this path: remove it."
    )
    assert not odd.exists()


def test_locale_of_the_shell_does_not_count(folder):
    holder = hold(folder, LC_ALL="tr_TR")

    with connect(folder) as server:
        lowered = server.execute("SELECT lower('ÉI'), 'É' ILIKE 'é'").fetchone()
    release(holder)

    assert lowered == ("éi", True)


def test_data_of_another_version_is_refused(made):
    (made / "PG_VERSION").write_text("17\n")

    assert refusal(made) == other_data(made)


def test_data_of_another_collation_is_refused(made):
    holder = hold(made)
    with connect(made) as server:
        server.execute("UPDATE pg_database SET datlocale = 'C' WHERE datname = 'template1'")
    release(holder)

    assert refusal(made) == other_data(made)
    assert not is_running(made)


def test_half_made_folder_is_one_sentence(folder):
    folder.mkdir()
    (folder / "base").mkdir()

    said = refusal(folder)

    assert said.startswith("The embedded PostgreSQL did not start (")
    assert said.endswith(f"); its log is {folder}.log.")


def test_server_that_fails_is_one_sentence(made):
    (made / "postgresql.conf").write_text("no_such_setting = 1\n")

    said = f"The embedded PostgreSQL did not start (postgres ended with exit code 1); its log is {made}.log."
    assert refusal(made) == said
    assert "no_such_setting" in Path(f"{made}.log").read_text()


@pytest.mark.skipif(not database.is_embedded(), reason="the tests use another server")
def test_durability_is_off_in_tests_only(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)
    assert database.EMBEDDED.options == ()


def start(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    """Start a process that starts and holds the server in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=database.BASE_DIR,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_up(holder: "subprocess.Popen[str]") -> None:
    assert holder.stdout is not None
    if holder.stdout.readline() != "up\n":
        pytest.fail(holder.communicate()[1])


def hold(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    """Start a process that holds the server, and return when it does."""
    holder = start(folder, **environment)
    wait_until_up(holder)
    return holder


def release(holder: "subprocess.Popen[str]") -> None:
    """Let the process end normally."""
    _, errors = holder.communicate(timeout=120)
    assert (holder.returncode, errors) == (0, "")


def connect(folder: Path) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(host=Cluster(folder).host, user="postgres", dbname="latchkey")


def refusal(folder: Path) -> str:
    """Error of a refused start."""
    holder = start(folder)
    _, errors = holder.communicate(timeout=120)
    assert holder.returncode == 1
    (sentence,) = errors.splitlines()
    return sentence


def other_data(folder: Path) -> str:
    return (
        f"{folder} was created by another version of Latchkey or PostgreSQL, or by another user: "
        "stop the programs that use it, move it away and start again."
    )


def is_running(folder: Path) -> bool:
    return (folder / "postmaster.pid").exists()
