"""The roles of docs/operations/roles.sql, under names of a test, beside the database of the tests."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections

from tests.postgres_programs import environment, find_program

ROLES = Path(settings.BASE_DIR, "docs/operations/roles.sql")


@contextmanager
def own_database(*, template: str = "") -> Iterator[str]:
    """Run roles.sql and yield the name of the role, which is also that of the database. Afterwards all are gone."""
    name = f"latchkey_{secrets.token_hex(4)}"
    with psycopg.connect(**superuser(), autocommit=True) as administrator:
        try:
            if template:
                administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            create_roles(name)
            yield name
        finally:
            administrator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            administrator.execute(f"DROP ROLE IF EXISTS {name}, {name}_owner")


def create_roles(name: str, *, password: str = "letters-of-a-test") -> None:
    """Run roles.sql, as compose and install.md do."""
    passwords = {"DATABASE_OWNER_PASSWORD": password, "DATABASE_PASSWORD": password}
    done = subprocess.run(
        [find_program("psql"), "--no-psqlrc", "--quiet", "--dbname=postgres"],
        input=ROLES.read_text().replace("latchkey", name),
        env=os.environ | environment() | passwords,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def superuser() -> dict[str, Any]:
    """Parameters of a connection to the server of the tests."""
    entry = settings.DATABASES["default"]
    place = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"], "password": entry["PASSWORD"]}
    return place | {"dbname": "postgres"}


@contextmanager
def connected_as(role: str, database: str) -> Iterator[None]:
    """Let this process, with all of its threads, use the database as `role`."""
    usual = {name: connection.settings_dict[name] for name in ("USER", "NAME")}
    connections.close_all()
    connection.settings_dict |= {"USER": role, "NAME": database}
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict |= usual
