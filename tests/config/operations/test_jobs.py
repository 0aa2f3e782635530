import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from config.jobs import defer
from config.operations.jobs import AlreadyWaiting, NoTrouble, drop_job, retry_job, troubled_jobs
from tests.database import execute, forget_jobs
from tests.factories import UserFactory
from tests.races import race

TASK = "invitations.tasks.send_receipt"


@pytest.fixture
def staff(db):
    return UserFactory.create()


def make_job(status, *, worker=None, lock=None):
    defer(TASK, {"use_id": "x"}, **({"queueing_lock": lock} if lock else {}))
    pk = ProcrastinateJob.objects.latest("pk").pk
    with connection.cursor() as cursor:
        set_job = "UPDATE procrastinate_jobs SET status = %s, worker_id = %s, attempts = 40 WHERE id = %s"
        cursor.execute(set_job, [status, worker, pk])
    return pk


def make_worker(age):
    insert = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute(insert, [age])
        return cursor.fetchone()[0]


def test_jobs_in_trouble_are_found(staff):
    make_job("succeeded")
    make_job("todo")
    make_job("doing", worker=make_worker("5 s"))
    stuck = make_job("doing", worker=make_worker("5 min"))
    failed = make_job("failed")

    assert [(job.id, job.is_stuck, job.task, job.attempts) for job in troubled_jobs()] == [
        (failed, False, TASK, 40),
        (stuck, True, TASK, 40),
    ]


def test_retried_job_waits_with_all_tries(staff):
    for job in (make_job("failed"), make_job("doing")):
        retry_job(job, by=staff)

        row = ProcrastinateJob.objects.get(pk=job)
        assert (row.status, row.attempts, row.scheduled_at) == ("todo", 0, None)
        assert LogEntry.objects.latest("pk").object_repr == f"job {job}: {TASK}"


def test_dropped_job_is_deleted(staff):
    drop_job(job := make_job("failed"), by=staff)

    assert not ProcrastinateJob.objects.filter(pk=job).exists()
    assert LogEntry.objects.get().change_message == "Dropped."


@pytest.mark.parametrize("act", [retry_job, drop_job])
def test_job_without_trouble_is_left(staff, act):
    running = make_job("doing", worker=make_worker("5 s"))
    for job in (running, make_job("todo"), make_job("succeeded"), 0):
        with pytest.raises(NoTrouble):
            act(job, by=staff)

    assert ProcrastinateJob.objects.get(pk=running).status == "doing"
    assert not LogEntry.objects.exists()


def test_second_job_of_a_name_is_refused(staff):
    failed = make_job("failed", lock="only one")
    make_job("todo", lock="only one")
    with pytest.raises(AlreadyWaiting):
        retry_job(failed, by=staff)

    assert ProcrastinateJob.objects.get(pk=failed).status == "failed"


@pytest.mark.django_db(transaction=True)
def test_two_retries_at_once_are_one():
    staff, job = UserFactory.create(), make_job("failed")
    results = race(8, lambda _: retry_job(job, by=staff))

    assert sorted(type(result).__name__ for result in results) == ["NoTrouble"] * 7 + ["NoneType"]
    execute("DELETE FROM procrastinate_jobs")
    forget_jobs()
