"""Machines as network namespaces of Linux, joined by a bridge. Needs root and the command `ip`."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


def can_make_networks() -> bool:
    """True if this process may create namespaces and bridges."""
    if os.geteuid() or not shutil.which("ip"):
        return False
    probe = f"lk{os.getpid()}probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", probe], capture_output=True, check=False)
    return made.returncode == 0


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Machine:
    """Namespace with one address. Its processes end with `stop`."""

    def __init__(self, kind: str, name: str, address: str, bridge: str) -> None:
        self.kind, self.name, self.address = kind, name, address
        self._cable = name
        self.running: list[subprocess.Popen[bytes]] = []
        ip("netns", "add", name)
        ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", self._cable, "master", bridge, "up")
        ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-n", name, "link", "set", device, "up")

    def run(self, *command: str, env: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
        """Start a process in a session of its own. Its output is appended to `log`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command],
                cwd=ROOT,
                env=os.environ | env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def kill(self) -> None:
        """End all processes at once, as a power cut does."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()

    def cut(self) -> None:
        """Take the network away without a word: connections stay open and get no answer."""
        ip("link", "set", self._cable, "down")

    def mend(self) -> None:
        ip("link", "set", self._cable, "up")

    def remove(self) -> None:
        self.kill()
        subprocess.run(["ip", "link", "delete", self._cable], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)


class Network:
    """Bridge. Servers of this namespace, such as the database, listen on `address`."""

    def __init__(self) -> None:
        # of this process, so that two runs do not meet
        pid = os.getpid()
        self._prefix = f"10.{100 + pid // 250 % 100}.{pid % 250}"
        self._bridge = f"lk{pid}"
        self.address = f"{self._prefix}.1"
        self.machines: list[Machine] = []

    def add(self, kind: str) -> Machine:
        number = len(self.machines) + 2
        # a name of an interface has 15 characters at most
        machine = Machine(kind, f"{self._bridge}{kind[0]}{number}", f"{self._prefix}.{number}", self._bridge)
        self.machines.append(machine)
        return machine

    @contextmanager
    def existing(self) -> Iterator["Network"]:
        ip("link", "add", self._bridge, "type", "bridge")
        try:
            ip("address", "add", f"{self.address}/24", "dev", self._bridge)
            ip("link", "set", self._bridge, "up")
            yield self
        finally:
            for machine in self.machines:
                machine.remove()
            ip("link", "delete", self._bridge)
