"""An installation on many machines with one database, one mail server and one receiver of webhooks."""

import atexit
import base64
import hashlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from config.crypto.keyring import Keyring
from config.database import DATA_DIR
from config.db.embedded import Cluster
from tests.operations.networks import ROOT, Machine, Network
from tests.operations.receivers import Hook, Mail

HOST = "latchkey.example"
PORT = 8000
SECRET_KEY = hashlib.sha512(b"latchkey cluster").hexdigest()
ENCRYPTION_KEY = base64.b64encode(hashlib.sha256(b"latchkey cluster").digest()).decode()
# that a proxy adds
PROXY_HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
WORKER = ("manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "5")


Line = TypeVar("Line", Mail, Hook)
KINDS: dict[type, str] = {Mail: "smtp", Hook: "http"}


def wait_until(happened: Callable[[], Any], *, seconds: float, pause: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} seconds"
        time.sleep(pause)


class Lines(Generic[Line]):
    """Receiver in a process of its own. `read` returns what it wrote."""

    def __init__(self, line: type[Line], folder: Path, address: str, delay: float = 0) -> None:
        folder.mkdir(parents=True)
        self.line, kind = line, KINDS[line]
        self.path, self.address = folder / "lines", address
        command = [sys.executable, "-m", "tests.operations.receivers", kind, address, str(folder), str(delay)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        wait_until((folder / "port").exists, seconds=30)
        self.port = int((folder / "port").read_text())

    def read(self) -> list[Line]:
        # without a line that is just being written
        return list(map(self.line.parse, self.path.read_text().split("\n")[:-1]))

    def count(self) -> int:
        return self.path.read_bytes().count(b"\n")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Installation:
    def __init__(self, network: Network, folder: Path) -> None:
        self.network, self.folder = network, folder
        self.mails: Lines[Mail]
        self._receivers: list[Lines[Any]] = []
        self.cluster = self._start_database()

    def _start_database(self) -> Cluster:
        # not in the folder of pytest, which closes it to the account of the server with each further run
        folder = DATA_DIR / f"operations-{os.getpid()}"
        folder.mkdir(parents=True, exist_ok=True)
        access = folder / "pg_hba.conf"
        access.write_text(f"local all all trust\nhost all all {self.network.address}/24 trust\n")
        access.chmod(0o644)
        options = (f"listen_addresses={self.network.address}", f"hba_file={access}", "max_connections=400")
        cluster = Cluster(folder / "postgres", options)
        cluster.start()
        return cluster

    @property
    def database_url(self) -> str:
        return f"postgres://postgres@{self.network.address}:5432/latchkey"

    def environment(self, *, hooks: bool) -> dict[str, str]:
        """Variables of production. Webhooks to private addresses are for development only, so `hooks` is that."""
        return {
            "DEBUG": "on" if hooks else "off",
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": SECRET_KEY,
            "ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "PUBLIC_URL": "http://localhost:8000" if hooks else f"https://{HOST}",
            "ALLOWED_HOSTS": "localhost" if hooks else HOST,
            "TRUSTED_PROXIES": "1",
            "EMAIL_URL": f"smtp://{self.mails.address}:{self.mails.port}",
            "LOG_LEVEL": "WARNING",
            "WEB_WORKERS": "1",
        } | ({"WEBHOOK_ALLOW_PRIVATE": "on"} if hooks else {})

    def receive(self, line: type[Line], delay: float = 0) -> Lines[Line]:
        folder = self.folder / f"receiver-{len(self._receivers)}"
        receiver = Lines(line, folder, self.network.address, delay)
        self._receivers.append(receiver)
        return receiver

    def start_worker(self, machine: Machine, *options: str, hooks: bool = False) -> None:
        machine.run(
            sys.executable,
            *WORKER,
            *options,
            env=self.environment(hooks=hooks),
            log=self.folder / f"{machine.name}.log",
        )

    def collect_static_files(self) -> None:
        """Web servers of production do not start without them."""
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=os.environ | self.environment(hooks=False), check=True)

    def start_web(self, machine: Machine) -> None:
        command = (sys.executable, "-m", "config.server", "--host", machine.address, "--port", str(PORT))
        machine.run(*command, env=self.environment(hooks=False), log=self.folder / f"{machine.name}.log")

    def stop(self) -> None:
        for receiver in self._receivers:
            receiver.stop()
        connections.close_all()
        running = self.cluster.folder / "postmaster.pid"
        with suppress(OSError, ValueError):
            os.kill(int(running.read_bytes().split(b"\n")[0]), signal.SIGINT)
            wait_until(lambda: not running.exists(), seconds=60)
        atexit.unregister(self.cluster._release)
        shutil.rmtree(self.cluster.folder.parent)


def is_up(machine: Machine) -> bool:
    with suppress(OSError, http.client.HTTPException):
        client = http.client.HTTPConnection(machine.address, PORT, timeout=2)
        client.request("GET", "/readyz", headers=PROXY_HEADERS)
        return client.getresponse().status == 200
    return False


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Yield an installation without machines. Django of this process uses its database and keys until the end."""
    keys = override_settings(SECRET_KEY=SECRET_KEY, KEYRING=Keyring([ENCRYPTION_KEY]))
    with Network().existing() as network, keys:
        made = Installation(network, folder)
        settings = connections["default"].settings_dict
        before = dict(settings)
        # a run that is stopped leaves nothing behind, either
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
        try:
            made.mails = made.receive(Mail)
            connections["default"].close()
            settings.update(NAME="latchkey", USER="postgres", HOST=made.cluster.host, PORT=5432)
            call_command("migrate", verbosity=0)
            yield made
        finally:
            for machine in network.machines:
                machine.kill()
            made.stop()
            settings.clear()
            settings.update(before)
