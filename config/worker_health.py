"""Notice that background jobs do not run: the worker was stopped, is frozen, or lost the database.

A worker writes a heartbeat every ten seconds. It is stale in all three cases.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker

from config.times import iso_8601

LONGEST_SILENCE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Stall:
    """Jobs do not run. `since` is None if no worker ever ran and no job waits."""

    is_running: bool
    since: datetime | None

    def __str__(self) -> str:
        since = f" since {iso_8601(self.since)}" if self.since else ""
        return f"A job has been waiting{since}." if self.is_running else f"No worker has reported{since}."


def find_stall() -> Stall | None:
    """Return why jobs do not run, or None if they do.

    Jobs of a low priority, such as the mails of a batch, may wait for long. The cost does not depend on their number.
    """
    workers = ProcrastinateWorker.objects
    if not workers.filter(last_heartbeat__gt=Now() - LONGEST_SILENCE).exists():
        heartbeat = workers.aggregate(at=Max("last_heartbeat"))["at"]
        return Stall(is_running=False, since=heartbeat or _first_deferred())
    waiting = _oldest_due()
    is_overdue = waiting is not None and timezone.now() - waiting > LONGEST_WAIT
    return Stall(is_running=True, since=waiting) if is_overdue else None


def _first_deferred() -> datetime | None:
    """Return when the first waiting job was queued, of any priority."""
    return _deferred_at(ProcrastinateJob.objects.filter(status="todo", scheduled_at=None))


def _oldest_due() -> datetime | None:
    waiting = ProcrastinateJob.objects.filter(status="todo", priority__gte=0)
    due = waiting.filter(scheduled_at__lte=Now()).aggregate(at=Min("scheduled_at"))["at"]
    return min(filter(None, [due, _deferred_at(waiting.filter(scheduled_at=None))]), default=None)


def _deferred_at(jobs: QuerySet[ProcrastinateJob]) -> datetime | None:
    first = jobs.order_by("pk").values("pk")[:1]
    queued: datetime | None = (
        ProcrastinateEvent.objects.filter(job__in=first, type="deferred").aggregate(at=Min("at")).get("at")
    )
    return queued
