"""Background jobs: deferred in the current transaction and retried with growing delays."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from procrastinate.types import JSONDict

from config.db.statements import Statement
from config.monitoring.tracing import note_jobs

MAX_DELAY = timedelta(hours=1)
MAX_ATTEMPTS = 40
# the database was away: nothing is wrong with the job
DATABASE_AWAY = (OperationalError, InterfaceError)

logger = logging.getLogger("latchkey.jobs")

# procrastinate writes this anew for each job
_DEFER = Statement("""
    SELECT procrastinate_defer_jobs_v1(ARRAY(
        SELECT ROW(
            %(queue)s::text, %(task)s::text, %(priority)s::integer, %(lock)s::text, %(name)s::text, arguments,
            %(scheduled_at)s::timestamptz
        )::procrastinate_job_to_defer_v1
        FROM jsonb_array_elements(%(arguments)s::jsonb) AS arguments
    ))
""")


class RetryLater(Exception):
    """Run the job again after `delay`. Does not count as a failure."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


class NextRound(RetryLater):
    """Go on with the job after others that wait.

    Each round lowers its priority by one. A job that is retried keeps its id, so with an equal priority it would come
    before every younger job, and four of them would hold all places.
    """

    def __init__(self) -> None:
        super().__init__(timedelta(0))


class RetryWithBackoff(BaseRetryStrategy):
    """Retry after 5, 10, 20, ... seconds, for about a day. `RetryLater` sets its own delay and has no limit.

    Each `RetryLater` counts as an attempt, so a job may have had many when the database restarts. That has no limit,
    either. Procrastinate logs an error only after the last attempt, so this logs the others.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, NextRound):
            return RetryDecision(priority=job.priority - 1)
        if isinstance(exception, RetryLater):
            return RetryDecision(retry_in={"seconds": int(exception.delay.total_seconds())})
        if is_last_attempt(job, exception):
            return None
        logger.error(
            "%s failed and will be tried again", job.task_name, exc_info=exception, extra={"task": job.task_name}
        )
        seconds = min(5 * 2**job.attempts, int(MAX_DELAY.total_seconds()))
        return RetryDecision(retry_in={"seconds": seconds})


def is_last_attempt(job: Job, error: BaseException) -> bool:
    """True if this error ends the job. `RetryLater` never does."""
    return job.attempts >= MAX_ATTEMPTS and not isinstance(error, (RetryLater, *DATABASE_AWAY))


def job(**options: Any) -> Callable[[Callable[..., Awaitable[None] | None]], Any]:
    """Register a task that is retried with backoff, also after a restart of the database."""
    return app.task(retry=RetryWithBackoff(), **options)


def defer(task: str, *jobs: JSONDict, **options: Any) -> None:
    """Queue jobs in the current transaction. `jobs` are their arguments; `options` go to `configure_task`.

    This also holds inside a worker. There procrastinate's own connector uses other connections: the job could run
    before the transaction that caused it is committed.
    """
    job = app.configure_task(task, **options).job
    ((ids,),) = _DEFER.rows(
        queue=job.queue,
        task=job.task_name,
        priority=job.priority,
        lock=job.lock,
        name=job.queueing_lock,
        scheduled_at=job.scheduled_at,
        arguments=orjson.dumps(jobs).decode(),
    )
    note_jobs(task, ids)


def defer_once(task: str, arguments: JSONDict, *, name: str, **options: Any) -> None:
    """Queue the job unless one with this `name` is waiting."""
    try:
        with transaction.atomic():
            defer(task, arguments, queueing_lock=name, **options)
    except IntegrityError as error:
        if "procrastinate_jobs_queueing_lock_idx" not in str(error):
            raise
