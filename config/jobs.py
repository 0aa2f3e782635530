"""Background jobs: deferred in the current transaction and retried with growing delays."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.types import JSONDict

MAX_DELAY = timedelta(hours=1)
MAX_ATTEMPTS = 40
# the database was away: nothing is wrong with the job
DATABASE_AWAY = (OperationalError, InterfaceError)

logger = logging.getLogger("latchkey.jobs")


class RetryLater(Exception):
    """Run the job again after `delay`. Does not count as a failure."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


class RetryWithBackoff(BaseRetryStrategy):
    """Retry after 5, 10, 20, ... seconds, for about a day. `RetryLater` sets its own delay and has no limit.

    Each `RetryLater` counts as an attempt, so a job may have had many when the database restarts. That has no limit,
    either. Procrastinate logs an error only after the last attempt, so this logs the others.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, RetryLater):
            return RetryDecision(retry_in={"seconds": int(exception.delay.total_seconds())})
        if is_last_attempt(job, exception):
            return None
        logger.error("%s failed and will be tried again", job.task_name, exc_info=exception)
        seconds = min(5 * 2**job.attempts, int(MAX_DELAY.total_seconds()))
        return RetryDecision(retry_in={"seconds": seconds})


def is_last_attempt(job: Job, error: BaseException) -> bool:
    """True if this error ends the job. `RetryLater` never does."""
    return job.attempts >= MAX_ATTEMPTS and not isinstance(error, DATABASE_AWAY)


def job(**options: Any) -> Callable[[Callable[..., None]], Any]:
    """Register a task that is retried with backoff, also after a restart of the database."""
    return app.task(retry=RetryWithBackoff(), **options)


def defer(task: str, *jobs: JSONDict, **options: Any) -> None:
    """Queue jobs in the current transaction. `jobs` are their arguments; `options` go to `configure_task`.

    This also holds inside a worker. There procrastinate's own connector uses other connections: the job could run
    before the transaction that caused it is committed.
    """
    deferrer = app.configure_task(task, **options)
    deferrer.job_manager = JobManager(DjangoConnector())
    deferrer.batch_defer(*jobs)


def defer_once(task: str, arguments: JSONDict, *, name: str, **options: Any) -> None:
    """Queue the job unless one with this `name` is waiting."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        defer(task, arguments, queueing_lock=name, **options)
