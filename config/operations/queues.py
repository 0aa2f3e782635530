"""Figures of the job queue, for metrics, checks and the page of operators."""

from datetime import timedelta
from typing import NamedTuple

from config.operations.statements import QUEUES
from config.tasks import SECONDS_WITHOUT_HEARTBEAT


class QueueFigures(NamedTuple):
    """Numbers of jobs. `waiting` includes `due`, and `running` includes `stuck`: their worker gave no sign of life.

    `oldest_due_seconds`: for how long the oldest job that is not of a low priority has been due.
    """

    queue: str
    waiting: int
    due: int
    running: int
    failed: int
    stuck: int
    oldest_due_seconds: float


def queue_figures() -> list[QueueFigures]:
    """Return the figures of each queue that has a job which is not done. One statement."""
    return [QueueFigures(*row) for row in QUEUES.rows(silence=timedelta(seconds=SECONDS_WITHOUT_HEARTBEAT))]
