"""Races of batches, and workers that are killed: each row is created once."""

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from config.exceptions import NotFound
from invitations.exceptions import BatchStarted
from invitations.models import Batch, Delivery, Invitation, InvitationEvent
from invitations.services.batches import create
from invitations.services.batches.create import create_next, delete_old_batches, discard_batch, start_batch
from tests.database import database_url, execute, forget_jobs
from tests.factories import CompanyFactory, UserFactory
from tests.invitations.services.batches.drafts import CREATED, INVITED, count_rows, draft, people
from tests.invitations.test_tasks import wait_for
from tests.races import race, wait_for_a_lock
from tests.secrecy import searched_output

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db):
    yield
    forget_jobs()


def invited():
    """Number of invitations for each address."""
    return Counter(email for emails in Invitation.objects.values_list("allowed_emails", flat=True) for email in emails)


def job_of(batch):
    return ProcrastinateJob.objects.get(args={"batch_id": str(batch.pk)})


def to_the_end(batch):
    while create_next(batch.pk):
        pass


@pytest.fixture
def small_calls(monkeypatch):
    """Ten rows for each call, so that workers alternate more often."""
    monkeypatch.setattr(create, "ROWS_PER_CALL", 10)


@pytest.mark.usefixtures("small_calls")
def test_eight_workers_create_each_row_once():
    batch = start_batch(draft(CompanyFactory(), people(80)), by=UserFactory())

    assert race(8, lambda _: to_the_end(batch)) == [None] * 8

    assert count_rows(batch) == {CREATED: 80}
    assert set(invited().values()) == {1}
    assert Invitation.objects.count() == InvitationEvent.objects.filter(type="CREATED").count() == 80
    assert Batch.objects.get().state == "DONE"


@pytest.mark.usefixtures("small_calls")
def test_batches_of_one_company_share_addresses():
    company, by = CompanyFactory(), UserFactory()
    batches = [start_batch(draft(company, people(40), by=by), by=by) for _ in range(6)]

    assert race(6, lambda index: to_the_end(batches[index])) == [None] * 6

    assert set(invited().values()) == {1}
    total = sum((Counter(count_rows(batch)) for batch in batches), Counter())
    assert total == {CREATED: 40, INVITED: 200}


def test_second_worker_waits_for_the_first():
    batch = start_batch(draft(CompanyFactory(), people(100)), by=UserFactory())
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            create_next(batch.pk)
            second = threads.submit(race, 1, lambda _: create_next(batch.pk))
            wait_for_a_lock()
        assert second.result() == [False]

    assert set(invited().values()) == {1}


def test_batches_of_two_companies_run_together():
    by = UserFactory()
    first, second = (start_batch(draft(CompanyFactory(), people(3), by=by), by=by) for _ in range(2))
    with transaction.atomic():
        create_next(first.pk)
        assert race(1, lambda _: create_next(second.pk)) == [True]


def test_twenty_starts_queue_one_job():
    batch, by = draft(CompanyFactory(), people(3)), UserFactory()

    race(20, lambda _: start_batch(batch, by=by))

    assert job_of(batch)


def test_start_and_discard_at_once():
    by = UserFactory()
    for _ in range(10):
        batch = draft(CompanyFactory(), people(3), by=by)

        started, discarded = race(2, lambda i, b=batch: discard_batch(b) if i else start_batch(b, by=by))

        if Batch.objects.filter(pk=batch.pk).exists():
            assert isinstance(discarded, BatchStarted)
            assert Batch.objects.get(pk=batch.pk).rows.count() == 3
        else:
            assert isinstance(started, NotFound)


def test_draft_started_during_cleanup_is_kept():
    batch = draft(CompanyFactory(), people(3))
    Batch.objects.update(created_at=timezone.now() - timedelta(days=2))
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            start_batch(batch, by=UserFactory())
            forgetting = threads.submit(race, 1, lambda _: delete_old_batches())
            wait_for_a_lock()
        assert forgetting.result() == [0]

    assert Batch.objects.get().rows.count() == 3


def start_worker():
    """Start `manage.py procrastinate worker` as a process."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "procrastinate", "worker"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=searched_output(),
        stderr=subprocess.STDOUT,
    )


def test_batch_survives_a_killed_worker(worker):
    batch = start_batch(draft(CompanyFactory(), people(300)), by=UserFactory())
    middle = batch.rows.order_by("number")[150]
    with transaction.atomic():
        batch.rows.select_for_update().get(pk=middle.pk)  # the worker waits at this row
        victim = start_worker()
        try:
            wait_for(lambda: Invitation.objects.count() == 100)
            wait_for_a_lock()
        finally:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
        assert job_of(batch).status == "doing"
    assert Invitation.objects.count() == 100

    execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
    with suppress(AlreadyEnqueued):
        app.configure_task("config.tasks.retry_stalled_jobs").defer(timestamp=0)
    for _ in range(20):  # a slow machine needs more rounds
        worker.later()
        if job_of(batch).status == "succeeded":
            break

    assert count_rows(batch) == {CREATED: 300}
    assert set(invited().values()) == {1}
    assert job_of(batch).status == "succeeded"


@pytest.mark.usefixtures("small_calls")
def test_job_continues_in_rounds(worker, monkeypatch):
    monkeypatch.setattr("invitations.tasks.SECONDS_PER_ROUND", 0)
    batch = start_batch(draft(CompanyFactory(), people(25)), by=UserFactory())

    for number in (10, 20, 25):
        worker.later(queues=["batches"])  # looks for no job that waits by then
        assert count_rows(batch)[CREATED] == number

    worker.later()
    assert (job_of(batch).status, Batch.objects.get().state) == ("succeeded", "DONE")


@pytest.mark.usefixtures("small_calls")
def test_busy_worker_sends_every_mail(worker, mail_server):
    batch = start_batch(draft(CompanyFactory(), people(24), send_email=True), by=UserFactory())

    worker(concurrency=4)
    worker.later(concurrency=4)

    assert count_rows(batch) == {CREATED: 24}
    assert sorted(mail_server.recipients) == sorted(invited())
    assert set(Delivery.objects.values_list("status", "attempts")) == {("SENT", 1)}
