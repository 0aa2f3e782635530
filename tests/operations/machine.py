"""A machine with systemd, PostgreSQL and nginx of Debian, in namespaces of its own.

It sees copies of this machine's files, which end with it, and no network.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings

BOOT = Path(__file__).with_name("boot.sh")
PROGRAMS = ("nsenter", "unshare", "pg_createcluster", "nginx", "pgbouncer", "dbus-daemon", "curl", "git", "openssl")
SYSTEMD = Path("/lib/systemd/systemd")
UNSHARED = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--uts", "--ipc", "--cgroup")
START_SECONDS = 60
CGROUPS = Path("/sys/fs/cgroup")


class Machine:
    def __init__(self, pid: int) -> None:
        self.pid = pid

    def popen(self, script: str) -> "subprocess.Popen[str]":
        """Start a script of bash that ends at its first error."""
        enter = ["nsenter", f"--target={self.pid}", "--all", "--wd=/", "--", "bash", "-euo", "pipefail", "-c", script]
        environment = {"PATH": os.environ["PATH"], "HOME": "/root", "UV_OFFLINE": "1"}
        return subprocess.Popen(
            enter,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script: str, *, seconds: int = 300) -> str:
        """Run a script, and return its output."""
        process = self.popen(script)
        try:
            output, _ = process.communicate(timeout=seconds)
        finally:
            process.kill()
        assert process.returncode == 0, f"{script}\n{output[-3000:]}\n{self._journal()}"
        return output

    def _journal(self) -> str:
        output, _ = self.popen("journalctl --no-pager --lines=500 --output=cat | grep -v INFO | tail -20").communicate(
            timeout=30
        )
        return output


@contextmanager
def machine() -> Iterator[Machine]:
    """Boot a machine and yield it. Skips the test without root, or without a program that it needs."""
    missing = [name for name in PROGRAMS if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") is None]
    if os.geteuid() != 0 or missing or not SYSTEMD.exists():
        pytest.skip(f"needs root, systemd and {', '.join(missing) or 'nothing else'}")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        command = ["unshare", *UNSHARED, "bash", str(BOOT), folder, str(settings.BASE_DIR)]
        unshare = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            yield _booted(unshare)
        finally:
            unshare.kill()  # and with it systemd, and all that it started
            unshare.wait()
            _remove_control_groups()


def _booted(unshare: "subprocess.Popen[bytes]") -> Machine:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and unshare.poll() is None:
        children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
        for pid in children:
            is_up = ["nsenter", f"--target={pid}", "--all", "--", "systemctl", "is-active", "--quiet", "sockets.target"]
            if subprocess.run(is_up, check=False, capture_output=True).returncode == 0:
                return Machine(int(pid))
        time.sleep(0.1)
    pytest.fail("The machine did not start.")


def _remove_control_groups() -> None:
    """Remove the empty ones, unless they are those of this machine's own systemd."""
    if Path("/run/systemd/system").exists():
        return
    time.sleep(0.2)  # until the kernel has ended all processes
    for place in CGROUPS.glob("*/system.slice"):
        for folder in sorted(place.rglob("*/"), key=lambda each: len(each.parts), reverse=True):
            with suppress(OSError):
                folder.rmdir()
        with suppress(OSError):
            place.rmdir()
