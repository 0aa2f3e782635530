"""Jobs that need help, and what an operator can do about them."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from config.db.statements import Row
from config.exceptions import DomainError
from config.operations.statements import DROP_JOB, RETRY_JOB, TROUBLED_JOBS
from config.tasks import SECONDS_WITHOUT_HEARTBEAT

MOST_SHOWN = 50


class TroubledJob(NamedTuple):
    """A job that failed for good, or that is stuck: its worker gave no sign of life. `at`: when it began or failed."""

    id: int
    queue: str
    task: str
    attempts: int
    is_stuck: bool
    at: datetime | None


class NoTrouble(DomainError):
    code = "JOB_NOT_IN_TROUBLE"
    default_message = "This job has not failed and is not stuck. It may have been retried or dropped meanwhile."


class AlreadyWaiting(DomainError):
    code = "JOB_ALREADY_WAITING"
    default_message = "The same job is waiting already, so this one is not needed. You can drop it."


def troubled_jobs() -> list[TroubledJob]:
    """Return the newest 50. One statement."""
    rows = TROUBLED_JOBS.rows(silence=_silence(), limit=MOST_SHOWN)
    return [TroubledJob(*row) for row in rows]


@transaction.atomic
def retry_job(job_id: int, *, by: AbstractBaseUser) -> None:
    """Let a worker run the job again, with all its tries. Raises `NoTrouble` and `AlreadyWaiting`."""
    try:
        with transaction.atomic():
            row = RETRY_JOB.row(job=job_id, silence=_silence())
    except IntegrityError as error:  # its queueing lock
        raise AlreadyWaiting from error
    _log(row, job_id, "Retried.", by)


@transaction.atomic
def drop_job(job_id: int, *, by: AbstractBaseUser) -> None:
    """Delete the job without running it. Raises `NoTrouble`."""
    row = DROP_JOB.row(job=job_id, silence=_silence())
    _log(row, job_id, "Dropped.", by)


def _log(row: Row | None, job_id: int, message: str, by: AbstractBaseUser) -> None:
    if row is None:
        raise NoTrouble
    entry = {"object_id": str(job_id), "object_repr": f"job {job_id}: {row[0]}", "change_message": message}
    LogEntry.objects.create(user_id=by.pk, action_flag=CHANGE, **entry)


def _silence() -> timedelta:
    return timedelta(seconds=SECONDS_WITHOUT_HEARTBEAT)
