"""Metrics of jobs: each result has a name."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from config.job_monitoring import measure_job, monitor_jobs, trace_job
from config.jobs import MAX_ATTEMPTS, RetryLater
from tests.counting import counted

__all__ = ["counted"]

TASK = "invitations.tasks.send_code"


def run(error=None, *, attempts=0, is_retried=True):
    async def job():
        if error:
            raise error

    tasks = {TASK: SimpleNamespace(retry_strategy=object() if is_retried else None)}
    job_context = SimpleNamespace(
        job=SimpleNamespace(task_name=TASK, attempts=attempts), app=SimpleNamespace(tasks=tasks)
    )
    with suppress(Exception, asyncio.CancelledError):
        asyncio.run(measure_job(job, job_context, None))


def test_jobs_are_counted_by_result(counted):
    run()
    run(RetryLater(timedelta(1)))
    run(ValueError())
    run(ValueError(), attempts=MAX_ATTEMPTS)
    run(ValueError(), is_retried=False)
    run(OperationalError(), attempts=MAX_ATTEMPTS)
    run(asyncio.CancelledError())

    results = {"done": 1, "later": 1, "retried": 2, "failed": 2, "interrupted": 1}
    assert counted["jobs_total"] == {(TASK, result): times for result, times in results.items()}
    assert counted["job_duration_seconds_count"] == {TASK: 7}
    assert counted["database_errors_total"] == {"NoConnection": 1}


@pytest.mark.parametrize(("port", "endpoint", "wanted"), [(0, "", []), (1, "x", [trace_job, measure_job])])
def test_jobs_are_monitored_if_wanted(settings, monkeypatch, port, endpoint, wanted):
    settings.METRICS_PORT = port
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    app = SimpleNamespace(worker_defaults={})

    monitor_jobs(app)

    assert app.worker_defaults["worker_middleware"] == wanted
