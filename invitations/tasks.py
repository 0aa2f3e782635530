import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app

from config.jobs import NextRound, RetryLater, is_last_attempt, job
from invitations.services.address_retention import erase_old_addresses
from invitations.services.batches.create import create_next, delete_old_batches
from invitations.services.delivery.notices import send_notice as send_notice_mail
from invitations.services.delivery.receipts import send_receipt as send_receipt_mail
from invitations.services.delivery.send import attempt_delivery, give_up_delivery, record_our_fault
from invitations.services.expiry import announce_expired as announce_expired_invitations
from invitations.services.form_drafts import delete_old_drafts
from invitations.services.rate_limits import delete_old_windows
from invitations.services.reminders.remind import remind_due
from invitations.services.repairs import end_automatic_repairs as end_automatic_repairs_of
from invitations.services.repairs import follow_status as follow_status_of
from invitations.services.verification.codes import send_code as send_code_mail
from invitations.services.verification.proofs import delete_old_proofs

RETENTION = timedelta(days=1)
SECONDS_PER_ROUND = 5


@job(queue="mail", pass_context=True)
def send_invitation(context: JobContext, delivery_id: str, round_number: int) -> None:
    """Try to send the mail of this round. An unexpected error shows at the delivery, which fails with the last one."""
    try:
        delay = attempt_delivery(UUID(delivery_id), round_number=round_number)
    except Exception as error:
        record = give_up_delivery if is_last_attempt(context.job, error) else record_our_fault
        record(UUID(delivery_id), round_number=round_number)
        raise
    if delay:
        raise RetryLater(delay)


@job(queue="codes", priority=10)
def send_code(code_id: str) -> None:
    """Mail a code, before other mails and in places of its own: its reader waits for it."""
    delay = send_code_mail(UUID(code_id))
    if delay:
        raise RetryLater(delay)


@job(queue="mail")
def send_notice(event_id: str) -> None:
    """Mail the inviter about what the contributor did."""
    delay = send_notice_mail(UUID(event_id))
    if delay:
        raise RetryLater(delay)


@job(queue="mail")
def send_receipt(use_id: str) -> None:
    """Mail the person who gave a login what was shared."""
    delay = send_receipt_mail(UUID(use_id))
    if delay:
        raise RetryLater(delay)


@job()
def follow_status(connection_id: str) -> None:
    follow_status_of(UUID(connection_id))


@job(queue="batches")
def create_batch(batch_id: str) -> None:
    """Create rows for five seconds, then queue the next round.

    Each round continues after the last one, even if its worker was killed.
    """
    end = time.monotonic() + SECONDS_PER_ROUND
    while create_next(UUID(batch_id)):
        if time.monotonic() > end:
            raise NextRound


@job()
def end_automatic_repairs(company_id: str) -> None:
    end_automatic_repairs_of(UUID(company_id))


@app.periodic(cron="* * * * * */20")  # the sixth field: seconds
@job(queueing_lock="announce_expired", priority=10)
def announce_expired(timestamp: int) -> None:
    """Publish the expiry of invitations within a minute, before the mails of a batch."""
    end = time.monotonic() + SECONDS_PER_ROUND
    while announce_expired_invitations():
        if time.monotonic() > end:
            raise NextRound


@app.periodic(cron="*/5 * * * *")
@job(queueing_lock="remind")
def remind(timestamp: int) -> None:
    """Queue reminders for five seconds, then queue the next round."""
    end = time.monotonic() + SECONDS_PER_ROUND
    while remind_due():
        if time.monotonic() > end:
            raise NextRound


@app.periodic(cron="7 * * * *")
@job(queueing_lock="erase_addresses")
def erase_addresses(timestamp: int) -> None:
    """Erase addresses for five seconds, then queue the next round."""
    end = time.monotonic() + SECONDS_PER_ROUND
    while settings.ADDRESS_RETENTION_DAYS and erase_old_addresses():
        if time.monotonic() > end:
            raise NextRound


@app.periodic(cron="23 * * * *")
@job(queueing_lock="delete_expired_data")
def delete_expired_data(timestamp: int) -> None:
    delete_old_windows(older_than=2 * RETENTION)  # the longest rate limit is a day
    delete_old_proofs(older_than=RETENTION)
    delete_old_batches()
    delete_old_drafts()
