"""Strict readers of environment variables. Each error is one sentence that names the variable."""

import os
import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

from config.crypto.keyring import decode_key

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
# Django's syntax of ALLOWED_HOSTS: no port; a leading dot matches every subdomain
ALLOWED_HOST = re.compile(r"\*|\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
USUAL_PORTS = {"http": 80, "https": 443}
LONE_PERCENT = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
PERCENT_ENCODE = "In user name and password, write / as %2F, # as %23, ? as %3F, @ as %40 and % as %25."
MAX_NAME_LENGTH = 100
MIN_SECRET_LENGTH, MIN_DISTINCT_CHARACTERS = 32, 5
# 32 random bytes have about thirty distinct ones
MIN_DISTINCT_BYTES = 12
# this machine and its own network: RFC 1122, 1918, 3927, 4193, 4291; RFC 6761, 6762, 8375, and usual names
LOCAL_NETWORKS = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "0.0.0.0/32"))
) + tuple(map(ip_network, ("::/127", "fc00::/7", "fe80::/10")))
LOCAL_NAME = re.compile(r"[a-z0-9-]+|.*\.(localhost|localdomain|local|lan|internal|home\.arpa|test)", re.IGNORECASE)


def read_integer(name: str, *, default: int, maximum: int, minimum: int = 0) -> int:
    """Read an integer from `minimum` to `maximum`."""
    text = os.environ.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not minimum <= int(text) <= maximum:
        raise ImproperlyConfigured(f"{name} must be a whole number from {minimum} to {maximum}, not {text!r}.")
    return int(text)


def read_log_level(name: str) -> str:
    level = (os.environ.get(name) or "INFO").upper()
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(LOG_LEVELS)}, not {level!r}.")
    return level


def check_public_url(url: str, *, schemes: Sequence[str]) -> str:
    """Return the base URL as browsers write an origin: in lower case and ASCII, without the usual port and a slash."""
    if not url.lower().startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured("PUBLIC_URL must begin with https://")
    if "?" in url or "#" in url:
        raise ImproperlyConfigured("PUBLIC_URL must not contain ? or #: paths are appended to it.")
    try:
        parts = urlsplit(url)
        host, port = ascii_host(parts.hostname or ""), parts.port
        is_valid = HOST.fullmatch(host) and parts.username is None and port != 0
    except ValueError:
        is_valid = False
    if not is_valid or not url.isprintable() or " " in url:
        raise ImproperlyConfigured("PUBLIC_URL must name a host, such as https://connect.example.com.")
    if parts.path.strip("/"):
        raise ImproperlyConfigured("PUBLIC_URL must not have a path: Latchkey needs a host name of its own.")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port not in (None, USUAL_PORTS[parts.scheme]) else "")


def ascii_host(host: str) -> str:
    """Return an internationalized name as browsers send it: `xn--bch-hoa.er` (IDNA). Raises `ValueError`."""
    return host if host.isascii() else idna.encode(host, uts46=True).decode()


def is_percent_encoded(url: str) -> bool:
    """False if the user name or password has a character that ends it in a URL, or a `%` that encodes nothing."""
    parts = urlsplit(url)
    return "@" not in parts.path + parts.query + parts.fragment and not LONE_PERCENT.search(parts.netloc)


def check_hosts(hosts: Sequence[str]) -> list[str]:
    try:
        stripped = [ascii_host(host.strip()) for host in hosts if host.strip()]
    except ValueError:
        stripped = []
    if not stripped or not all(ALLOWED_HOST.fullmatch(host) for host in stripped):
        raise ImproperlyConfigured("ALLOWED_HOSTS must be host names separated by commas, without https:// or a port.")
    return stripped


def check_operator_name(name: str) -> str:
    if not name.isprintable() or not 0 < len(name.strip()) <= MAX_NAME_LENGTH:
        raise ImproperlyConfigured(f"OPERATOR_NAME must be one line of at most {MAX_NAME_LENGTH} characters.")
    return name.strip()


def check_required(names: Sequence[str]) -> None:
    if missing := [name for name in names if not os.environ.get(name)]:
        raise ImproperlyConfigured(f"Set {', '.join(missing)} in the environment: DEBUG is off.")


def check_debug_hosts(public_url: str, hosts: Sequence[str]) -> None:
    """Reject public hosts: with DEBUG the keys may be publicly known, and anyone may read `/dev/mail`."""
    for name, host in [
        ("PUBLIC_URL", urlsplit(public_url).hostname or ""),
        *(("ALLOWED_HOSTS", each) for each in hosts),
    ]:
        if not is_local_host(host):
            raise ImproperlyConfigured(
                f"DEBUG is on, so {name} must name this machine or its local network, not {host}. Set DEBUG=off."
            )


def is_local_host(host: str) -> bool:
    """True for names and addresses that only this machine or its local network uses."""
    host = host.strip("[].")
    try:
        address = ip_address(host)
    except ValueError:
        return bool(LOCAL_NAME.fullmatch(host))
    return any(address in network for network in LOCAL_NETWORKS)


def check_secret_keys(secrets: Sequence[str], *, known: str, variable: str) -> None:
    """Reject secrets that are short, repetitive, or begin with `known` or Django's prefix of generated ones."""
    for secret in secrets:
        is_random = len(secret) >= MIN_SECRET_LENGTH and len(set(secret)) >= MIN_DISTINCT_CHARACTERS
        if not is_random or secret.startswith((known, "django-insecure-")):
            raise ImproperlyConfigured(
                f"{variable} must be 32 random characters or more, and not a publicly known one."
            )


def check_encryption_keys(encoded_keys: Sequence[str], *, known: str) -> None:
    """Reject the publicly known key, and keys that are not random, such as 32 zeros."""
    keys = [decode_key(encoded) for encoded in encoded_keys]
    if decode_key(known) in keys:
        raise ImproperlyConfigured("ENCRYPTION_KEYS contains the development key, which is publicly known.")
    if any(len(set(key)) < MIN_DISTINCT_BYTES for key in keys):
        raise ImproperlyConfigured("ENCRYPTION_KEYS must be random. README.md shows how to create a key.")


def check_webhook_targets(allow_private: bool, *, debug: bool) -> bool:
    """Reject private targets in production: a partner could reach the database and the metadata of the machine."""
    if allow_private and not debug:
        raise ImproperlyConfigured(
            "WEBHOOK_ALLOW_PRIVATE is for development, and DEBUG is off: partners could reach your own network."
        )
    return allow_private
