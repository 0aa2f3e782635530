"""Background work: how it is tried again."""

from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate import utils
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from config.jobs import MAX_ATTEMPTS, MAX_DELAY, RetryLater, RetryWithBackoff, defer, defer_once
from tests.database import forget_jobs


def decide(attempts, error=None):
    job = Job(
        id=1,
        status="doing",
        task_name="x",
        queue="default",
        lock=None,
        queueing_lock=None,
        attempts=attempts,
        priority=0,
    )
    return RetryWithBackoff().get_retry_decision(exception=error or ValueError(), job=job)


def pause(decision):
    return decision.retry_at - utils.utcnow()


@pytest.fixture
def stopped_clock(monkeypatch):
    """Between a decision and a look at it no time passes."""
    now = utils.utcnow()
    monkeypatch.setattr(utils, "utcnow", lambda: now)


@pytest.mark.usefixtures("stopped_clock")
def test_a_fault_is_tried_again_after_pauses_that_grow_for_more_than_a_day():
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
def test_work_that_asks_for_a_pause_gets_it_however_often(attempts):
    wanted = timedelta(minutes=37)
    assert pause(decide(attempts, RetryLater(wanted))) == wanted


def test_every_task_of_ours_is_patient_or_housekeeping():
    ours = [task for name, task in app.tasks.items() if not name.startswith(("builtin", "procrastinate"))]
    assert len(ours) >= 5
    impatient = {task.name for task in ours if not isinstance(task.retry_strategy, RetryWithBackoff)}
    assert impatient <= {"config.tasks.retry_stalled_jobs", "config.tasks.delete_old_jobs"}


def test_stalled_jobs_are_looked_for_every_minute_before_anything_else():
    registered = app.periodic_registry.periodic_tasks["config.tasks.retry_stalled_jobs", ""]
    assert registered.cron == "* * * * *"
    assert registered.task.priority == max(task.priority for task in app.tasks.values())


@pytest.fixture(params=["in a request", "in a worker"])
def somewhere(request, transactional_db):
    """Where work is queued from: a worker's app has a connection of its own."""
    if request.param == "in a request":
        yield
        return
    with app.replace_connector(app.connector.get_worker_connector()) as worker, worker.open():
        yield


def test_a_job_is_queued_with_what_causes_it_or_not_at_all(somewhere):
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


def test_a_job_with_a_name_waits_once_and_leaves_what_causes_it_alone(somewhere):
    def queue(name):
        options = {"name": name, "schedule_in": {"days": 1}}
        defer_once("invitations.tasks.follow_status", {"connection_id": "x"}, **options)

    forget_jobs()
    with transaction.atomic():
        for name in ("one", "one", "another"):
            queue(name)
        assert ProcrastinateJob.objects.count() == 2
    forget_jobs()
