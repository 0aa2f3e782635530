"""A benchmark run: seed, serve, compare the answers, measure in rounds, print the table."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench import Failed, admin_lists, budget, load, processes, scale
from bench.comparison import compare
from bench.figures import PROJECT, Figures, Line, as_table
from bench.operations import OPERATIONS, Operation
from bench.seed import Seeded, create_database, seed
from bench.servers import Running, running
from config import database

WARM_UP_SECONDS = 1
WITHOUT_RESET = " The pool of the peers does not reset its connections."
PEERS = {"fastapi": "FastAPI peer", "bare": "bare peer"}
LOGS = database.DATA_DIR / "bench"


def run(url: str, arguments: argparse.Namespace) -> None:
    """Measure and print. Raises `Failed` if a request failed, or if the answers of the servers differ."""
    call_command("collectstatic", verbosity=0, interactive=False)
    for rows in filter(None, [arguments.rows, arguments.compare_rows]):
        lines = _measure_all(url, rows, arguments)
        print(_heading(rows, arguments), as_table(lines), sep="\n\n")
        connection.close()


def _measure_all(url: str, rows: int, arguments: argparse.Namespace) -> list[Line]:
    seeded = _seed(url, rows)
    sizes = {"workers": arguments.workers, "threads": arguments.threads}
    with ExitStack() as stack:
        project = stack.enter_context(running("config.server", LOGS / "latchkey.log", **sizes))
        servers = {PROJECT: project}
        for name in arguments.peers:
            peer = stack.enter_context(running("bench.peer", LOGS / f"{name}.log", name, **sizes))
            compare(seeded, project.url, peer.url, arguments.only)
            _say(f"The answers of Latchkey and the {PEERS[name]} are equal.")
            servers[PEERS[name]] = peer
        operations = [OPERATIONS[name](seeded, project.url) for name in arguments.only]
        return [_alternate(operation, servers, arguments) for operation in operations]


def print_budget(url: str, arguments: argparse.Namespace) -> None:
    """Print the costs of a request of each operation, without the peer."""
    call_command("collectstatic", verbosity=0, interactive=False)
    seeded = _seed(url, arguments.rows)
    with running("config.server", LOGS / "latchkey.log", workers=1) as server:
        # one of them asks for a form
        operations = [OPERATIONS[name](seeded, server.url) for name in arguments.only]
    budgets = []
    for each in budget.measure(operations, seconds=arguments.seconds, log=LOGS / "budget.log"):
        _say(f"Measured {each.name}.")
        budgets.append(each)
    print(budget.as_table(budgets))


def print_admin_lists(url: str, arguments: argparse.Namespace) -> None:
    """Print the time of each list of the admin, with `--rows` rows in each table."""
    call_command("collectstatic", verbosity=0, interactive=False)
    _seed(url, arguments.rows)
    admin_lists.fill(arguments.rows)
    for line in admin_lists.measure():
        print(line, flush=True)


def print_scale(url: str, arguments: argparse.Namespace) -> None:
    """Print what requests and jobs ask of the database, with `--rows` and with `--compare-rows` invitations."""
    call_command("collectstatic", verbosity=0, interactive=False)
    found = {}
    for rows in filter(None, [arguments.rows, arguments.compare_rows]):
        seeded = _seed(url, rows)
        scale.fill(seeded)
        found[rows] = scale.sizes(), []
        with running("config.server", LOGS / "latchkey.log", workers=1) as server:
            for cost in scale.measure(seeded, server.url):
                _say(f"Measured {cost.name}: {cost.pages:.0f} pages, {cost.milliseconds:.1f} ms.")
                found[rows][1].append(cost)
        connection.close()
    print(*scale.as_tables(found), sep="\n")


def _seed(url: str, rows: int) -> Seeded:
    started = time.monotonic()
    _say(f"Seeding {rows:,} invitations ...")
    create_database(url)
    seeded = seed(rows)
    _say(f"Seeded in {time.monotonic() - started:.0f} s.")
    return seeded


def _alternate(operation: Operation, servers: dict[str, Running], arguments: argparse.Namespace) -> Line:
    """Measure the servers in turn, every other round in reverse."""
    line = Line(operation.name, {name: [] for name in servers})
    is_database = processes.of_postgresql()
    for number in range(arguments.rounds):
        _say(f"Measuring {operation.name}, round {number + 1} of {arguments.rounds} ...")
        for name in servers if number % 2 == 0 else reversed(servers):
            line.servers[name].append(_measure(servers[name], operation, arguments.seconds, is_database))
    return line


def _measure(
    server: Running, operation: Operation, seconds: int, is_database: Callable[[processes.Process], bool]
) -> Figures:
    if operation.before:
        operation.before()
    load.ask_once(server.url, operation.requests)
    load.measure(server.url, operation.requests, seconds=WARM_UP_SECONDS)
    there = operation.rows_made()
    server_before, database_before = _milliseconds(server, is_database)
    # from the middle of the list, because the warm-up used its beginning
    answered = load.measure(server.url, operation.requests, seconds=seconds, start=len(operation.requests.paths) // 2)
    server_after, database_after = _milliseconds(server, is_database)
    if operation.makes and operation.rows_made() - there < answered.requests:
        raise Failed(f"{operation.name}: {answered.requests} successful responses, but fewer new rows.")
    return Figures(
        answered.per_second,
        answered.p50,
        answered.p99,
        (server_after - server_before) / answered.requests,
        (database_after - database_before) / answered.requests,
    )


def _milliseconds(server: Running, is_database: Callable[[processes.Process], bool]) -> tuple[float, float]:
    return processes.milliseconds(processes.in_session(server.pid)), processes.milliseconds(is_database)


def _heading(rows: int, arguments: argparse.Namespace) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    threads = arguments.threads or settings.WEB_THREADS
    return (
        f"\n{rows:,} invitations. {load.CLIENT}, {load.CONNECTIONS} connections. Medians of {arguments.rounds} rounds "
        f"of {arguments.seconds} s. {arguments.workers} workers; Latchkey's have {threads} threads. "
        f"Python {platform.python_version()}, PostgreSQL {version}. Client, servers and database share "
        f"{os.cpu_count()} cores.{WITHOUT_RESET if arguments.peer_without_reset else ''} "
        f"{' / '.join([PROJECT, *(PEERS[name] for name in arguments.peers)])}; processor times are for each request."
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
