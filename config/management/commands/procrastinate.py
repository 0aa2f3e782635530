"""`manage.py procrastinate`, whose `worker` gives each kind of jobs places of its own in one process."""

import asyncio
import logging
import signal
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from procrastinate import App, cli
from procrastinate.contrib.django.management.commands.procrastinate import Command as ProcrastinateCommand
from procrastinate.exceptions import ConnectorException

from config.database import JOB_LIMITS, limit_sessions
from config.monitoring.tracing import start_tracing
from config.operations.exporter import export_worker
from config.worker_settings import GROUPS, URGENT_QUEUES

# seconds between an end and the next start
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 10.0

logger = logging.getLogger("latchkey.jobs")


class Command(ProcrastinateCommand):
    def handle(self, *args: Any, **kwargs: Any) -> None:
        """Run as usual with `--one-shot`."""
        if kwargs.get("func") is cli.worker_:
            limit_sessions(JOB_LIMITS)
            _start_monitoring()
        if kwargs.get("func") is cli.worker_ and kwargs.get("wait") is not False:
            kwargs["func"] = run_workers
        super().handle(*args, **kwargs)


def _start_monitoring() -> None:
    try:
        export_worker()
        start_tracing()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error


def divide(queues: Collection[str], *, concurrency: int | None, default: int) -> list[dict[str, Any]]:
    """Return the options of the worker of each group of `GROUPS` that has one of these queues.

    The last worker has `concurrency` places, or `default`, for all other queues. It takes the jobs of `URGENT_QUEUES`,
    too. If there is one worker only, `concurrency` is for its group.
    """
    left = set(queues)
    workers: list[dict[str, Any]] = []
    for group, options in GROUPS.items():
        if own := left & set(group):
            workers.append({"queues": sorted(own), **options})
            left -= own
    if left:
        shared = set(queues) & URGENT_QUEUES
        workers.append({"queues": sorted(left | shared), "concurrency": concurrency or default})
    if concurrency and len(workers) == 1:
        workers[0]["concurrency"] = concurrency
    return workers


async def run_workers(app: App, **options: Any) -> None:
    """Run all workers until a signal comes, or until one of them has an error. Raises it."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    queues = options.get("queues") or {task.queue for task in app.tasks.values()}
    parts = divide(queues, concurrency=options.get("concurrency"), default=app.worker_defaults["concurrency"])
    loop = asyncio.get_running_loop()
    # the default has four more threads than processors: jobs of one kind would wait for threads of another
    loop.set_default_executor(ThreadPoolExecutor(sum(part["concurrency"] for part in parts), "jobs"))
    workers = [
        asyncio.create_task(keep_running(app, **options | part | {"install_signal_handlers": False})) for part in parts
    ]

    def stop() -> None:
        """Let the jobs end. Without our handlers, a second signal ends the process at once."""
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
        for worker in workers:
            worker.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        if not worker.cancelling():
            worker.cancel()
    for result in await asyncio.gather(*workers, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


async def keep_running(app: App, **options: Any) -> None:
    """Run a worker until it is cancelled. Raises what is not a fault of the database.

    A worker of procrastinate ends, without an error, when one of its questions to the database has no answer.
    """
    pauses = pauses_of(SHORTEST_PAUSE, LONGEST_PAUSE)
    while True:
        began = time.monotonic()
        try:
            await app.run_worker_async(**options)
        except ConnectorException as error:
            logger.error("a worker did not start: %s", type(error.__cause__ or error).__name__)
        if time.monotonic() - began > LONGEST_PAUSE:
            pauses = pauses_of(SHORTEST_PAUSE, LONGEST_PAUSE)
        pause = next(pauses)
        logger.warning("the worker of %s starts again in %s seconds", ", ".join(options["queues"]), pause)
        await asyncio.sleep(pause)


def pauses_of(first: float, longest: float) -> Iterator[float]:
    """Yield the seconds between starts: each twice as many as the one before, up to the longest."""
    while True:
        yield first
        first = min(first * 2, longest)
