"""What the environment says, read strictly: what does not hold is one sentence that names the variable."""

import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
# as Django compares them with what is asked for: without a port; a dot before it stands for every name beneath
ANSWERED = re.compile(r"\*|\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
SHORTEST_SECRET, FEWEST_CHARACTERS = 32, 5


def whole_number(name: str, *, default: int, most: int) -> int:
    """A number from 0 to `most`."""
    text = os.environ.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most:
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 to {most}, not {text!r}.")
    return int(text)


def log_level(name: str) -> str:
    """How much is logged; `INFO` where nothing is said."""
    level = (os.environ.get(name) or "INFO").upper()
    if level not in LEVELS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(LEVELS)}, not {level!r}.")
    return level


def check_public_url(url: str, *, schemes: Sequence[str]) -> str:
    """The address that paths are put behind, without a slash at its end."""
    if not url.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured("PUBLIC_URL must begin with https://")
    if "?" in url or "#" in url:
        raise ImproperlyConfigured("PUBLIC_URL has neither a ? nor a #: a path is put behind it.")
    try:
        parts = urlsplit(url)
        is_whole = HOST.fullmatch(parts.hostname or "") and parts.username is None and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.isprintable() or " " in url:
        raise ImproperlyConfigured("PUBLIC_URL must name a host, such as https://connect.example.com.")
    return url.rstrip("/")


def check_hosts(hosts: Sequence[str]) -> list[str]:
    """Whose name is answered to: at least one."""
    named = [host.strip() for host in hosts if host.strip()]
    if not named or not all(ANSWERED.fullmatch(host) for host in named):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must be names of hosts, without https:// and port, and commas between."
        )
    return named


def is_random(secret: str) -> bool:
    """Whether a secret may be one that was drawn: long enough, and not the same few characters over and over."""
    return len(secret) >= SHORTEST_SECRET and len(set(secret)) >= FEWEST_CHARACTERS
