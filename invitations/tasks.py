"""Mails, and housekeeping."""

import time
from datetime import timedelta
from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from config.jobs import RetryLater, is_last_attempt, job
from invitations.services.batches.create import create_next, delete_old_batches
from invitations.services.delivery.send import attempt_delivery, give_up_delivery
from invitations.services.rate_limits import delete_old_windows
from invitations.services.repairs import end_automatic_repairs as end_automatic_repairs_of
from invitations.services.repairs import follow_status as follow_status_of
from invitations.services.verification.codes import send_code as send_code_mail
from invitations.services.verification.proofs import delete_old_proofs

KEPT = timedelta(days=1)
SECONDS_A_ROUND = 5


@job(queue="mail", pass_context=True)
def send_invitation(context: JobContext, delivery_id: str, round_number: int) -> None:
    """One attempt at the mail of this round. Where not even a fault can be noted for a day, it ends as failed."""
    try:
        pause = attempt_delivery(UUID(delivery_id), round_number=round_number)
    except Exception:
        if is_last_attempt(context.job):
            give_up_delivery(UUID(delivery_id), round_number=round_number)
        raise
    if pause:
        raise RetryLater(pause)


@job(queue="mail", priority=10)
def send_code(code_id: str) -> None:
    """Before other mails: somebody waits for it."""
    pause = send_code_mail(UUID(code_id))
    if pause:
        raise RetryLater(pause)


@job()
def follow_status(connection_id: str) -> None:
    """What follows from a connection's new status: see the service."""
    follow_status_of(UUID(connection_id))


@job(queue="batches")
def create_batch(batch_id: str) -> None:
    """In rounds of five seconds, so that other jobs have their turn and a worker that is told to stop soon does.

    Each round goes on where the last one, or a worker that was killed, left off.
    """
    end = time.monotonic() + SECONDS_A_ROUND
    while create_next(UUID(batch_id)):
        if time.monotonic() > end:
            raise RetryLater(timedelta(0))


@job()
def end_automatic_repairs(company_id: str) -> None:
    end_automatic_repairs_of(UUID(company_id))


@app.periodic(cron="23 * * * *")
@job(queueing_lock="forget_what_is_over")
def forget_what_is_over(timestamp: int) -> None:
    """Rate windows, codes and proofs that decide nothing any more, and batches that nobody needs."""
    delete_old_windows(older_than=KEPT)
    delete_old_proofs(older_than=KEPT)
    delete_old_batches()
