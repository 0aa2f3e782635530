"""Figures of the database, asked when Prometheus asks: the queue of jobs, locks, partitions, readiness."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread

from django.db import DatabaseError, InterfaceError, connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.http.health import find_obstacle
from config.monitoring.metrics import PREFIX
from config.operations.partitions import PartitionFigures, partition_figures
from config.operations.queues import QueueFigures, queue_figures
from config.operations.statements import LOCK_WAITS, WORKERS
from config.worker_health import LONGEST_SILENCE

# less than the 10 seconds of a scrape
PATIENCE_SECONDS = 3
STATES = ("waiting", "due", "running", "failed", "stuck")

logger = logging.getLogger("latchkey")


@dataclass(frozen=True)
class Figures:
    """`obstacle`: why a web server is not ready. `lock_wait_seconds`: the longest wait for a lock now."""

    queues: Sequence[QueueFigures]
    workers: int
    lock_waits: int
    lock_wait_seconds: float
    obstacle: str | None
    partitions: Sequence[PartitionFigures] = ()


class DatabaseFigures(Collector):
    """Collector that neither fails nor hangs with the database: `latchkey_database_up` is 0 then, and the rest missing.

    One thread asks at a time. While it waits for a database that hangs, no further one begins.
    """

    def __init__(self, *, is_web: bool) -> None:
        self._is_web = is_web
        self._lock = Lock()
        self._asked: Future[Figures] | None = None

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = self._ask()
        yield _gauge("database_up", "1 if the database answers.", figures is not None)
        if self._is_web:
            is_ready = figures is not None and figures.obstacle is None
            yield _gauge("ready", "1 if the web server can serve: see /readyz.", is_ready)
        if figures:
            yield from _families(figures)

    def _ask(self) -> Figures | None:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                Thread(target=self._answer, args=[self._asked], name="metrics", daemon=True).start()
            asked = self._asked
        try:
            return asked.result(timeout=PATIENCE_SECONDS)
        except (TimeoutError, DatabaseError, InterfaceError):
            return None
        except Exception:
            logger.exception("figures of the database could not be read")
            return None

    def _answer(self, asked: "Future[Figures]") -> None:
        try:
            asked.set_result(_read(is_web=self._is_web))
        except BaseException as error:  # `result` raises it again
            asked.set_exception(error)
        finally:
            connection.close()


def _read(*, is_web: bool) -> Figures:
    obstacle = find_obstacle() if is_web else None
    ((lock_waits, lock_wait_seconds),) = LOCK_WAITS.rows()
    ((workers,),) = WORKERS.rows(silence=LONGEST_SILENCE)
    return Figures(queue_figures(), workers, lock_waits, lock_wait_seconds, obstacle, partition_figures())


def _families(figures: Figures) -> Iterator[GaugeMetricFamily]:
    yield from _queue_families(figures)
    yield from _partition_families(figures)
    yield _gauge("workers", "Workers with a heartbeat within a minute.", figures.workers)
    yield _gauge("database_lock_waits", "Sessions that wait for a lock now.", figures.lock_waits)
    yield _gauge("database_lock_wait_seconds", "The longest wait for a lock now.", figures.lock_wait_seconds)


def _queue_families(figures: Figures) -> Iterator[GaugeMetricFamily]:
    jobs = GaugeMetricFamily(
        PREFIX + "queue_jobs",
        "Jobs by queue and state. waiting includes due, and running includes stuck: without a living worker.",
        labels=["queue", "state"],
    )
    oldest = GaugeMetricFamily(
        PREFIX + "queue_oldest_due_seconds", "How long the oldest due job has been due.", labels=["queue"]
    )
    for queue in figures.queues:
        for state in STATES:
            jobs.add_metric([queue.queue, state], getattr(queue, state))
        oldest.add_metric([queue.queue], queue.oldest_due_seconds or 0)
    yield jobs
    yield oldest


def _partition_families(figures: Figures) -> Iterator[GaugeMetricFamily]:
    end = GaugeMetricFamily(
        PREFIX + "partitions_end_seconds", "Time until the end of the last partition.", labels=["table"]
    )
    other = GaugeMetricFamily(
        PREFIX + "partitions_other_bytes", "Size of the rows that are in no partition.", labels=["table"]
    )
    for partitions in figures.partitions:
        end.add_metric([partitions.table], partitions.end_seconds)
        other.add_metric([partitions.table], partitions.other_bytes)
    yield end
    yield other


def _gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, documentation, value=float(value))
