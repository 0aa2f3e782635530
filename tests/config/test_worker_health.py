"""A worker that was stopped, is frozen or stuck is noticed by the probe and by the health check of its container."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from config.worker_health import find_stall
from tests.database import execute, forget_jobs

WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{} seconds')"
JOB = """
    INSERT INTO procrastinate_jobs (task_name, queue_name, priority, scheduled_at, status)
    VALUES ('x', 'mail', {priority}, {scheduled}, 'todo')
"""
QUEUED = "UPDATE procrastinate_events SET at = now() - interval '{} minutes' WHERE at > now() - interval '1 second'"


@pytest.fixture(autouse=True)
def no_jobs(db):
    forget_jobs()
    execute("DELETE FROM procrastinate_workers")


def wait(minutes, *, priority=0, scheduled="NULL"):
    """Queue a job that was deferred some minutes ago."""
    execute(JOB.format(priority=priority, scheduled=scheduled))
    execute(QUEUED.format(minutes))


def check():
    """Return the reason by the probe, after comparing it with the command's."""
    response = Client().get("/healthz/worker")
    reason = response.json().get("reason")
    if reason is None:
        assert (response.status_code, response.json()) == (200, {"status": "working"})
        call_command("check_worker")
    else:
        assert response.status_code == 503
        with pytest.raises(CommandError, match=reason.replace(".", r"\.")[:30]):
            call_command("check_worker")
    return reason


def test_running_worker_is_healthy():
    execute(WORKER.format(3600))  # killed an hour ago
    execute(WORKER.format(20))
    wait(4)
    wait(60, priority=-10)  # mails of a batch
    wait(60, scheduled="now() + interval '1 hour'")
    assert check() is None


def test_missing_or_frozen_worker_is_noticed():
    assert check() == "No worker has reported."
    wait(3)
    assert check().startswith("No worker has reported since 20")
    execute(WORKER.format(90))
    assert check().startswith("No worker has reported since 20")
    assert not find_stall().is_running
    # pages and API work without a worker
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize("job", [{"minutes": 6}, {"minutes": 60, "scheduled": "now() - interval '6 minutes'"}])
def test_stuck_worker_is_noticed(job):
    execute(WORKER.format(5))
    wait(**job)
    assert check().startswith("A job has been waiting since 20")
    assert find_stall().is_running
