"""The proxy of compose.yaml, with its own configuration, in front of a server of the tests."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings

Address = tuple[str, int]
# Debian's nginx is on the PATH of root only
PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@contextmanager
def nginx(server: Address, folder: Path) -> Iterator[Address]:
    """Check the configuration, run nginx and yield its address. Skips the test without nginx."""
    if PROGRAM is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light).")
    with socket.create_server(("127.0.0.1", 0)) as place:
        address = place.getsockname()
    command = [PROGRAM, "-e", "stderr", "-c", _configuration(server, address, folder), "-g", "daemon off;"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command) as process:
        try:
            _wait(address)
            yield address
        finally:  # otherwise a failed test would wait for it without end
            process.terminate()


def _configuration(server: Address, address: Address, folder: Path) -> str:
    """Write nginx.conf with the addresses and the folder of the test, and return its path."""
    text = (settings.BASE_DIR / "nginx.conf").read_text()
    for ours, here in (
        ("server web:8000;", f"server {server[0]}:{server[1]};"),
        ("listen 8080;", f"listen {address[0]}:{address[1]};"),
        ("/tmp/", f"{folder}/"),
        ("worker_processes auto;", "worker_processes 1;"),
    ):
        assert ours in text, ours
        text = text.replace(ours, here)
    file = folder / "nginx.conf"
    file.write_text(text)
    folder.chmod(0o755)
    return str(file)


def _wait(address: Address) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(address):
            return
        time.sleep(0.02)
    raise AssertionError("nginx did not start.")
