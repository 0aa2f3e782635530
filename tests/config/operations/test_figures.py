"""Figures of the database in a scrape: complete, and harmless while the database is away."""

import threading

import pytest
from django.db import OperationalError
from procrastinate.contrib.django.models import ProcrastinateJob

from config.jobs import defer
from config.operations import figures
from config.operations.figures import DatabaseFigures, Figures
from config.operations.partitions import PartitionFigures
from config.operations.queues import QueueFigures, queue_figures
from tests.database import execute, forget_jobs

TASK = "invitations.tasks.send_receipt"
KNOWN = Figures(
    [QueueFigures("mail", 5, 4, 3, 2, 1, 61.5)], 2, 1, 0.5, None, [PartitionFigures("event", 864_000.5, 8192)]
)


def scrape(collector: DatabaseFigures) -> dict[tuple[str, ...], float]:
    return {
        (sample.name.removeprefix("latchkey_"), *sample.labels.values()): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def test_figures_have_names_and_labels(monkeypatch):
    monkeypatch.setattr(figures, "_read", lambda is_web: KNOWN)

    assert scrape(DatabaseFigures(is_web=True)) == {
        ("database_up",): 1,
        ("ready",): 1,
        ("queue_jobs", "mail", "waiting"): 5,
        ("queue_jobs", "mail", "due"): 4,
        ("queue_jobs", "mail", "running"): 3,
        ("queue_jobs", "mail", "failed"): 2,
        ("queue_jobs", "mail", "stuck"): 1,
        ("queue_oldest_due_seconds", "mail"): 61.5,
        ("partitions_end_seconds", "event"): 864_000.5,
        ("partitions_other_bytes", "event"): 8192,
        ("workers",): 2,
        ("database_lock_waits",): 1,
        ("database_lock_wait_seconds",): 0.5,
    }
    assert ("ready",) not in scrape(DatabaseFigures(is_web=False))


@pytest.mark.parametrize("error", [OperationalError("away"), RuntimeError("a mistake")])
def test_scrape_survives_an_error(monkeypatch, error):
    def fail(is_web):
        raise error

    monkeypatch.setattr(figures, "_read", fail)

    assert scrape(DatabaseFigures(is_web=True)) == {("database_up",): 0, ("ready",): 0}


def test_hanging_database_holds_one_thread(monkeypatch):
    goes_on, calls = threading.Event(), []

    def hang(is_web):
        calls.append(1)
        goes_on.wait()
        return KNOWN

    monkeypatch.setattr(figures, "_read", hang)
    monkeypatch.setattr(figures, "PATIENCE_SECONDS", 0.01)
    collector = DatabaseFigures(is_web=False)

    assert [scrape(collector), scrape(collector)] == [{("database_up",): 0}] * 2
    assert len(calls) == 1
    goes_on.set()
    monkeypatch.setattr(figures, "PATIENCE_SECONDS", 60)
    assert scrape(collector)["database_up",] == 1


def test_figures_of_the_database_are_read(db):
    read = figures._read(is_web=True)

    assert (read.lock_waits, read.lock_wait_seconds, read.workers) == (0, 0, 0)
    assert read.obstacle is None


def test_queues_are_counted_by_state(db):
    forget_jobs()
    defer(TASK, {"use_id": "1"}, {"use_id": "2"}, {"use_id": "3"})
    defer(TASK, {"use_id": "4"}, schedule_in={"hours": 1})
    defer(TASK, {"use_id": "5"}, queue="batches", priority=-10)
    first, second, third, *_ = ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True)
    execute(f"UPDATE procrastinate_jobs SET status = 'doing' WHERE id = {first}")
    execute(f"UPDATE procrastinate_jobs SET status = 'failed' WHERE id = {second}")
    execute(f"UPDATE procrastinate_events SET at = now() - interval '1 hour' WHERE job_id = {third}")

    batches, mail = queue_figures()

    assert mail._replace(oldest_due_seconds=0) == QueueFigures("mail", 2, 1, 1, 1, 1, 0)
    assert mail.oldest_due_seconds == pytest.approx(3600, abs=10)
    assert batches == QueueFigures("batches", 1, 1, 0, 0, 0, 0)
