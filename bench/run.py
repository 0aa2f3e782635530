"""A benchmark run: seed, serve, measure, print the table."""

import argparse
import os
import platform
import sys
import time
from contextlib import ExitStack
from functools import partial

from django.core.management import call_command
from django.db import connection

from bench import Failed, load, servers
from bench.operations import Operation, operations, reference_operations
from bench.seed import Seeded, create_database, seed
from config import database

WARM_UP_SECONDS = 1
LOGS = database.DATA_DIR / "bench"
COLUMNS = f"  {'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}"

# by operation: the target, if any, and the figures for each number of rows
Lines = dict[str, tuple[int | None, list[load.Figures]]]


def run(url: str, arguments: argparse.Namespace) -> None:
    """Measure and print. Raises `Failed` if a request failed."""
    sizes = [arguments.rows, *filter(None, [arguments.compare_rows])]
    lines: Lines = {}
    call_command("collectstatic", verbosity=0, interactive=False)
    for rows in sizes:
        for name, target, figures in _measure_all(url, rows, arguments):
            lines.setdefault(name, (target, []))[1].append(figures)
    print(_heading(arguments), _as_text(lines, sizes), sep="\n")


def _measure_all(url: str, rows: int, arguments: argparse.Namespace) -> list[tuple[str, int | None, load.Figures]]:
    """Measure each operation with `rows` invitations: Latchkey, then the reference."""
    seeded = _seed(url, rows)
    serve = partial(servers.running, workers=arguments.workers, threads=arguments.threads)
    measured = []
    with ExitStack() as stack:
        ours = stack.enter_context(serve("config.settings", LOGS / "latchkey.log"))
        bare = stack.enter_context(serve("bench.reference_settings", LOGS / "reference.log"))
        beside = {operation.name: operation for operation in reference_operations(seeded)}
        for operation in operations(seeded, ours):
            name = operation.name
            measured.append((name, operation.target, _measure(ours, operation, arguments.seconds)))
            if name in beside:
                measured.append((f"  bare {name}", None, _measure(bare, beside[name], arguments.seconds)))
    connection.close()
    return measured


def _seed(url: str, rows: int) -> Seeded:
    started = time.monotonic()
    _say(f"Seeding {rows:,} invitations ...")
    create_database(url)
    seeded = seed(rows)
    _say(f"Seeded in {time.monotonic() - started:.0f} s.")
    return seeded


def _measure(url: str, operation: Operation, seconds: int) -> load.Figures:
    _say(f"Measuring {operation.name} ...")
    if operation.before:
        operation.before()
    load.ask_once(url, operation.requests)
    load.measure(url, operation.requests, seconds=WARM_UP_SECONDS)
    there = operation.rows_made()
    # from the middle of the list, because the warm-up used its beginning
    figures = load.measure(url, operation.requests, seconds=seconds, start=len(operation.requests.paths) // 2)
    if operation.makes and operation.rows_made() - there < figures.requests:
        raise Failed(f"{operation.name}: {figures.requests} successful responses, but fewer new rows.")
    return figures


def _as_text(lines: Lines, sizes: list[int]) -> str:
    text = [
        f"{'':20}{'':>7}" + "".join(f"  {f'{rows:,} invitations':^30}" for rows in sizes),
        f"{'':20}{'target':>7}" + COLUMNS * len(sizes),
    ]
    for name, (target, figures) in lines.items():
        cells = (f"  {each.per_second:12.0f}{each.p50:9.1f}{each.p99:9.1f}" for each in figures)
        text.append(f"{name:20}{target or '':>7}" + "".join(cells))
    return "\n".join(text)


def _heading(arguments: argparse.Namespace) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return (
        f"\n{load.CLIENT}, {load.CONNECTIONS} connections, {arguments.seconds} s each; granian with "
        f"{arguments.workers} workers of {arguments.threads} threads; Python {platform.python_version()}, "
        f"PostgreSQL {version}; client, server and database share {os.cpu_count()} cores.\n"
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
