"""How background work behaves: queued with what causes it, tried again after growing pauses."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.types import JSONDict

LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 40


class RetryLater(Exception):
    """The job was done as far as it went; do it again after `pause`."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__(f"again in {pause}")
        self.pause = pause


class Patience(BaseRetryStrategy):
    """`RetryLater` names its pause. Anything else that goes wrong is tried again after 5, 10, 20 … seconds, for a
    day."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, RetryLater):
            return RetryDecision(retry_in={"seconds": int(exception.pause.total_seconds())})
        if is_last_attempt(job):
            return None
        seconds = min(5 * 2**job.attempts, int(LONGEST_PAUSE.total_seconds()))
        return RetryDecision(retry_in={"seconds": seconds})


def is_last_attempt(job: Job) -> bool:
    """Whether what goes wrong now is not tried again (`RetryLater` is, always)."""
    return job.attempts >= MOST_ATTEMPTS


def job(**options: Any) -> Callable[[Callable[..., None]], Any]:
    """Registers a task that is tried again, and that survives a restart of the database."""
    return app.task(retry=Patience(), **options)


def defer(task: str, *jobs: JSONDict, **options: Any) -> None:
    """Queue the jobs in the transaction of what causes them. `jobs`: the arguments of each; `options`: of `configure`.

    Inside a worker too: there the app has connections of its own, and a job that is queued through those runs before
    what it is about is committed, finds nothing, and is over.
    """
    deferrer = app.configure_task(task, **options)
    deferrer.job_manager = JobManager(DjangoConnector())
    deferrer.batch_defer(*jobs)


def defer_once(task: str, arguments: JSONDict, *, name: str, **options: Any) -> None:
    """Queue the job as `defer` does, unless one of this `name` waits already."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        defer(task, arguments, queueing_lock=name, **options)
