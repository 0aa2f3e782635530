"""Statements and round trips of a connection, read from libpq's trace (PQtrace)."""

import re
import tempfile
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db import connection
from psycopg.pq import Trace

MARK = "bench-mark"
MESSAGE = re.compile(r"([FB])\t\S+\t(\w+)(.*)")
PARSED = re.compile(r'\t "([^"]*)" "(.*)')
BOUND = re.compile(r'\t "[^"]*" "([^"]*)"')
CONTROL = re.compile(r"\W*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")


class Traffic(NamedTuple):
    """Numbers of statements, of those that only begin or end a transaction or savepoint, and of round trips."""

    statements: float
    control: float
    round_trips: float

    @classmethod
    def parse(cls, lines: Iterable[str]) -> "Traffic":
        """Count what follows the last `MARK`. Earlier lines name the prepared statements."""
        texts: dict[str, str] = {}
        executed: list[str] = []
        bound, last_side, round_trips = "", "B", 0
        for line in lines:
            if not (message := MESSAGE.match(line)):
                continue  # a further line of a text
            side, kind, rest = message.groups()
            round_trips += side == "F" and last_side == "B"
            last_side = side
            match side, kind:
                case "F", "Parse" if parsed := PARSED.match(rest):
                    texts[parsed[1]] = parsed[2]
                case "F", "Bind" if found := BOUND.match(rest):
                    bound = found[1]
                case "F", "Execute":
                    executed.append(texts.get(bound, ""))
                case "F", "Query" if MARK in rest:
                    executed, round_trips = [], 0
                case "F", "Query":
                    executed.append(rest)
        control = sum(bool(CONTROL.match(text)) for text in executed)
        return cls(len(executed) - control, control, round_trips)


def count(run: Callable[[], object], *, times: int) -> Traffic:
    """Return the means of `times` runs. As many before them prepare the statements, on a new connection."""
    connection.close()
    connection.ensure_connection()
    libpq = connection.connection.pgconn
    with tempfile.TemporaryFile("w+") as trace:
        libpq.trace(trace.fileno())
        libpq.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        for number in range(2 * times):
            if number == times:
                libpq.exec_(f"SELECT '{MARK}'".encode())
            run()
        libpq.untrace()
        trace.seek(0)
        return Traffic(*(total / times for total in Traffic.parse(trace)))
