"""Processes that read the settings from an environment of their own."""

import base64
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN_KEY = base64.b64encode(b"a key of a test's own production").decode()
PRODUCTION = {
    "SECRET_KEY": "drawn-at-random-for-a-test-of-production",
    "PUBLIC_URL": "https://connect.example.org",
    "ALLOWED_HOSTS": "connect.example.org",
    "ENCRYPTION_KEYS": OWN_KEY,
    "DATABASE_URL": "postgres://me:sekret@db.example.org/latchkey",
}
READ_SETTINGS = "from django.conf import settings; settings.DEBUG"


def start(code: str = READ_SETTINGS, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run `code` with the settings of production; a change to None removes a variable."""
    changed = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | changed
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def error_of(process: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of a failed start. It never contains the password of the database."""
    assert process.returncode != 0
    assert "sekret" not in process.stderr
    return process.stderr.strip().splitlines()[-1]
