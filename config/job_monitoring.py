"""Metrics and traces of background jobs."""

from time import perf_counter
from typing import Any

from django.conf import settings
from procrastinate import App
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import JobContext
from procrastinate.middleware import AsyncCallNext

from config.db.errors import count_error
from config.jobs import DATABASE_AWAY, RetryLater, is_last_attempt
from config.monitoring.metrics import Counter, Durations
from config.monitoring.tracing import is_tracing_wanted, span

JOBS = Counter(
    "jobs_total",
    "Jobs that were run, by task and result. later: the task asked to run again, which is no failure.",
    ["task", "result"],
)
SECONDS = Durations(
    "job_duration_seconds", "Time of a job.", ["task"], buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800)
)


def monitor_jobs(app: App) -> None:
    """Let the workers of this app count and trace their jobs."""
    wanted = {trace_job: is_tracing_wanted(), measure_job: settings.METRICS_PORT}
    app.worker_defaults["worker_middleware"] = [middleware for middleware, is_wanted in wanted.items() if is_wanted]


async def trace_job(call_next: AsyncCallNext, context: JobContext, worker: Any) -> Any:
    """Open a span for the job. `note_jobs` has put its id into the span of the request that queued it."""
    job = context.job
    attributes: dict[str, str | int] = {"job__id": str(job.id), "job__queue": job.queue, "job__attempts": job.attempts}
    with span(job.task_name, "CONSUMER", expected=(RetryLater,), **attributes):
        return await call_next()


async def measure_job(call_next: AsyncCallNext, context: JobContext, worker: Any) -> Any:
    start, result = perf_counter(), "interrupted"
    try:
        value = await call_next()
        result = "done"
        return value
    except RetryLater:
        result = "later"
        raise
    except JobAborted:
        raise
    except Exception as error:
        result = _fate(error, context)
        if isinstance(error, DATABASE_AWAY):
            count_error(error)
        raise
    finally:
        JOBS.count(context.job.task_name, result)
        SECONDS.observe(perf_counter() - start, context.job.task_name)


def _fate(error: Exception, context: JobContext) -> str:
    is_last = not context.app.tasks[context.job.task_name].retry_strategy or is_last_attempt(context.job, error)
    return "failed" if is_last else "retried"
