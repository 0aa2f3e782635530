"""Processor time of processes, from /proc (Linux)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.db import connection

MILLISECONDS_PER_TICK = 1000 / os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    """Figures of /proc/{pid}/stat (proc(5)). `ticks` has the time of children that have ended."""

    name: str
    pid: int
    parent: int
    session: int
    ticks: int

    @classmethod
    def parse(cls, stat: str) -> "Process":
        before, _, behind = stat.rpartition(")")
        pid, _, name = before.partition(" (")
        # fields 4, 6, and 14 to 17
        fields = behind.split()
        return cls(name, int(pid), int(fields[1]), int(fields[3]), sum(map(int, fields[11:15])))


def milliseconds(belongs: Callable[[Process], bool]) -> float:
    """Return the processor time that these processes have used so far."""
    return sum(process.ticks for process in _all() if belongs(process)) * MILLISECONDS_PER_TICK


def in_session(session: int) -> Callable[[Process], bool]:
    """Match a server that was started in a session of its own."""
    return lambda process: process.session == session


def of_postgresql() -> Callable[[Process], bool]:
    """Match all processes of the database server. They are not found if it runs on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    parents = [process.parent for process in _all() if process.pid == backend and process.name.startswith("postgres")]
    return lambda process: bool({process.pid, process.parent} & {*parents})


def _all() -> Iterator[Process]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield Process.parse(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:  # it has ended
            continue
