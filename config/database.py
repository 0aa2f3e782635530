"""Database from `DATABASE_URL`, or an embedded PostgreSQL in `.data/postgres`; a replica from `REPLICA_URL`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from config.db import embedded
from config.env import PERCENT_ENCODE, is_percent_encoded

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"
EMBEDDED = embedded.Cluster(DATA_DIR / "postgres")

# libpq's options. A silently lost connection is noticed within a minute instead of the kernel's half an hour or more:
# when idle, by the third probe without an answer; otherwise, when sent data stays unconfirmed. Sockets ignore them.
NETWORK_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 40_000,  # milliseconds
}
URL_SHAPE = f"{{}} must look like postgres://user:password@host:5432/database. {PERCENT_ENCODE}"
REPLICA_OPTIONS = {"connect_timeout": 2}  # a request that waits for it could ask the primary
# Only `config.db.statements` prepares its statements. Others are planned for their values each time: a plan that is
# kept for all companies may read all rows of a large one (see docs/scale.md).
STATEMENT_OPTIONS = {"server_side_binding": True, "prepare_threshold": sys.maxsize}
MAX_AGE_SECONDS = 600


# The server's side: a machine that went away would hold its locks for two hours, by the defaults of Linux.
# Probes notice an idle session, the check one that runs a statement.
LOST_CLIENT_OPTIONS = {
    "tcp_keepalives_idle": "20s",
    "tcp_keepalives_interval": "10s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "40s",
    "client_connection_check_interval": "10s",
}
# of one request
REQUEST_LIMITS = {
    "statement_timeout": "60s",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
}
# of one job: statements may take long, and a transaction may wait for a mail server, for at most half a minute
JOB_LIMITS = {"idle_in_transaction_session_timeout": "120s"}


def limit_sessions(limits: Mapping[str, str]) -> None:
    """Let the server end what exceeds `limits`, and sessions of lost clients. `PGOPTIONS` of the environment stays.

    Call it before the first connection. Poolers refuse such options: set them for the role instead.
    """
    if not is_pooled():
        options = {**limits, **LOST_CLIENT_OPTIONS}
        os.environ.setdefault("PGOPTIONS", " ".join(f"-c {name}={value}" for name, value in options.items()))


def is_embedded() -> bool:
    """True if `DATABASE_URL` is not set."""
    return not os.environ.get("DATABASE_URL")


def read_databases() -> dict[str, dict[str, Any]]:
    """Django's `DATABASES`: `default`, and `replica` if `REPLICA_URL` is set. Raises `ImproperlyConfigured`."""
    entries = {"default": connection_settings()}
    if url := os.environ.get("REPLICA_URL"):
        entry = _named_settings(url, "REPLICA_URL")
        options = NETWORK_OPTIONS | REPLICA_OPTIONS | entry.get("OPTIONS", {})
        entries["replica"] = entry | {"OPTIONS": options, "TEST": {"MIRROR": "default"}}
    return {name: _complete(entry) for name, entry in entries.items()}


def _complete(entry: dict[str, Any]) -> dict[str, Any]:
    entry = entry | {"CONN_MAX_AGE": MAX_AGE_SECONDS, "OPTIONS": STATEMENT_OPTIONS | entry["OPTIONS"]}
    return without_session_state(entry) if is_pooled() else entry


def connection_settings() -> dict[str, Any]:
    """Django's `DATABASES` entry for `DATABASE_URL`, or for the embedded server if it is not set.

    Options in the URL, such as `?sslmode=require`, are kept. Raises `ImproperlyConfigured` if the URL does not name a
    PostgreSQL database. The error does not contain the URL, which has a password.
    """
    entry = embedded_settings() if is_embedded() else _named_settings(os.environ["DATABASE_URL"], "DATABASE_URL")
    return entry | {"OPTIONS": NETWORK_OPTIONS | entry.get("OPTIONS", {})}


def is_pooled() -> bool:
    """True if `DATABASE_POOLER` is `transaction`: each transaction may get another session."""
    pooler = os.environ.get("DATABASE_POOLER") or "none"
    if pooler not in ("none", "transaction"):
        raise ImproperlyConfigured(f"DATABASE_POOLER must be none or transaction, not {pooler!r}.")
    return pooler == "transaction"


def without_session_state(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the entry without prepared statements and cursors on the server, which belong to a session."""
    return entry | {"DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": entry["OPTIONS"] | {"prepare_threshold": None}}


def embedded_settings() -> dict[str, Any]:
    """Django's `DATABASES` entry for the embedded server: a Unix socket, so that no port can be in use."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": embedded.DATABASE,
        "USER": "postgres",
        "HOST": EMBEDDED.host,
        "PORT": embedded.PORT,
    }


def start_embedded() -> None:
    """Start the embedded server and hold it until this process ends, unless another database is named.

    Raises `ImproperlyConfigured` with one sentence if it cannot run.
    """
    if is_embedded():
        EMBEDDED.start()


def _named_settings(url: str, variable: str) -> dict[str, Any]:
    # before the parser, whose warning about an unknown engine contains the password
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(URL_SHAPE.format(variable))
    try:
        entry: dict[str, Any] = environ.Env.db_url_config(url)
        is_valid = entry["NAME"] and is_percent_encoded(url)
    except ValueError:  # its message may contain a part of the password
        is_valid = False
    if not is_valid:
        raise ImproperlyConfigured(URL_SHAPE.format(variable))
    # libpq's way to name the folder of a socket: %2Fvar%2Frun%2Fpostgresql
    return entry | {"HOST": unquote(entry["HOST"])}
