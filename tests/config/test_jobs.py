"""Background jobs: retries, and queueing in the transaction."""

from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, transaction
from procrastinate import utils
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from config.jobs import (
    MAX_ATTEMPTS,
    MAX_DELAY,
    NextRound,
    RetryLater,
    RetryWithBackoff,
    defer,
    defer_once,
    is_last_attempt,
)
from tests.database import forget_jobs


def job_with(attempts):
    return Job(
        id=1,
        status="doing",
        task_name="x",
        queue="default",
        lock=None,
        queueing_lock=None,
        attempts=attempts,
        priority=0,
    )


def decide(attempts, error=None):
    return RetryWithBackoff().get_retry_decision(exception=error or ValueError(), job=job_with(attempts))


def pause(decision):
    return decision.retry_at - utils.utcnow()


@pytest.fixture
def stopped_clock(monkeypatch):
    """Freeze the time between a decision and its check."""
    now = utils.utcnow()
    monkeypatch.setattr(utils, "utcnow", lambda: now)


@pytest.mark.usefixtures("stopped_clock")
def test_delays_grow_for_over_a_day():
    pauses = []
    while decision := decide(len(pauses)):
        pauses.append(pause(decision))
    assert len(pauses) == MAX_ATTEMPTS
    seconds = [int(each.total_seconds()) for each in pauses]
    assert seconds[:4] == [5, 10, 20, 40]
    assert seconds == sorted(seconds)
    assert max(seconds) == MAX_DELAY.total_seconds()
    assert sum(pauses, timedelta()) > timedelta(days=1)


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize("attempts", [0, 7, MAX_ATTEMPTS + 5])
def test_retry_later_has_no_limit(attempts):
    wanted = timedelta(minutes=37)
    assert pause(decide(attempts, RetryLater(wanted))) == wanted


def test_next_round_gives_way_to_others():
    first = decide(0, NextRound())
    assert (first.retry_at, first.priority) == (None, -1)
    assert not is_last_attempt(job_with(MAX_ATTEMPTS + 5), NextRound())


def test_database_outage_ends_no_job():
    for error in (OperationalError(), InterfaceError()):
        assert decide(MAX_ATTEMPTS + 5, error)
        assert not is_last_attempt(job_with(MAX_ATTEMPTS + 5), error)
    assert is_last_attempt(job_with(MAX_ATTEMPTS + 5), ValueError())


def test_every_task_retries_with_backoff():
    ours = [task for name, task in app.tasks.items() if not name.startswith(("builtin", "procrastinate"))]
    assert len(ours) >= 5
    others = {task.name for task in ours if not isinstance(task.retry_strategy, RetryWithBackoff)}
    # a lane is repeated by `wake_webhooks`
    others -= {"companies.tasks.send_webhooks"}
    assert others <= {"config.tasks.retry_stalled_jobs", "config.tasks.delete_old_jobs"}


def test_stalled_jobs_are_retried_soon():
    registered = app.periodic_registry.periodic_tasks["config.tasks.retry_stalled_jobs", ""]
    assert registered.cron == "* * * * * */20"
    assert registered.task.priority == max(task.priority for task in app.tasks.values())


@pytest.fixture(params=["in a request", "in a worker"])
def somewhere(request, transactional_db):
    """Queue from a request and from a worker, whose app has connections of its own."""
    if request.param == "in a request":
        yield
        return
    with app.replace_connector(app.connector.get_worker_connector()) as worker, worker.open():
        yield


def test_job_is_queued_with_its_transaction(somewhere):
    def queued():
        return ProcrastinateJob.objects.filter(task_name="invitations.tasks.follow_status", args={"connection_id": "x"})

    with transaction.atomic():
        defer("invitations.tasks.follow_status", {"connection_id": "x"})
        assert queued().count() == 1
        transaction.set_rollback(True)
    assert queued().count() == 0

    defer("invitations.tasks.follow_status", {"connection_id": "x"}, schedule_in={"days": 1})
    assert queued().get().scheduled_at > utils.utcnow()
    forget_jobs()


def test_named_job_is_queued_once(somewhere):
    def queue(name):
        options = {"name": name, "schedule_in": {"days": 1}}
        defer_once("invitations.tasks.follow_status", {"connection_id": "x"}, **options)

    forget_jobs()
    with transaction.atomic():
        for name in ("one", "one", "another"):
            queue(name)
        assert ProcrastinateJob.objects.count() == 2
    forget_jobs()
