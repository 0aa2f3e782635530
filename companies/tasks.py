import time
from datetime import timedelta
from uuid import UUID

from django.core.management import call_command
from procrastinate.contrib.django import app

from companies.known_clients import forget_old_networks
from companies.login_throttle import delete_expired_attempts
from companies.services.key_uses import delete_old_uses
from companies.services.mailbox import delete_old_mails
from companies.services.partners import delete_old_answers
from companies.services.webhooks.disabling import send_disabled_mail
from companies.services.webhooks.dispatch import dispatch_events as dispatch_events_of
from companies.services.webhooks.dispatch import wake_forgotten
from companies.services.webhooks.endpoints import clear_endpoint
from companies.services.webhooks.feed import delete_old_events
from companies.services.webhooks.lanes import in_database, send_round
from companies.services.webhooks.partitions import keep_partitions
from companies.services.webhooks.turns import Turns
from config.jobs import NextRound, RetryLater, job

SECONDS_PER_ROUND = 5
PAUSE_FOR_LOCKS = timedelta(seconds=10)
_dispatches = Turns()


@app.periodic(cron="17 * * * *")
@job(queueing_lock="forget_answers")
def forget_answers(timestamp: int) -> None:
    """Delete responses whose idempotency keys have expired, and old uses of API keys. Runs hourly."""
    delete_old_answers()
    delete_old_uses()


@app.periodic(cron="7 * * * *")
@job(queueing_lock="keep_event_partitions")
def keep_event_partitions(timestamp: int) -> None:
    """Create the partitions of the next months, and drop the old ones. Runs hourly."""
    if not keep_partitions():
        raise RetryLater(PAUSE_FOR_LOCKS)


@app.periodic(cron="27 * * * *")
@job(queueing_lock="forget_events")
def forget_events(timestamp: int) -> None:
    """Delete old events that are in no partition for five seconds, then queue the next round. Runs hourly."""
    end = time.monotonic() + SECONDS_PER_ROUND
    while delete_old_events():
        if time.monotonic() > end:
            raise NextRound


@app.periodic(cron="37 * * * *")
@job(queueing_lock="forget_mails")
def forget_mails(timestamp: int) -> None:
    """Delete old mails of test mode. Runs hourly."""
    delete_old_mails()


@app.periodic(cron="*/10 * * * *")
@job(queueing_lock="forget_login_attempts")
def forget_login_attempts(timestamp: int) -> None:
    """Delete old login attempts with their addresses, and networks that were not used for long."""
    delete_expired_attempts()
    forget_old_networks()


@app.periodic(cron="47 * * * *")
@job(queueing_lock="forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Delete the rows of sessions that have ended."""
    call_command("clearsessions")


@job(queue="webhooks")
async def dispatch_events(partner_id: str, is_live: bool) -> None:
    """Dispatch what was committed so far. Each event queues a job, but the jobs of one partner hold one thread."""

    async def dispatch() -> None:
        await in_database(dispatch_events_of)(UUID(partner_id), is_live)

    await _dispatches.take((partner_id, is_live), dispatch)


# without retries: an error may come after requests that were not recorded, which must not be repeated at once
@app.task(queue="webhooks")
async def send_webhooks(endpoint_id: str) -> None:
    """Send one round of deliveries to an endpoint. `wake_webhooks` repeats it if it fails."""
    await send_round(UUID(endpoint_id))


@job(queue="webhooks")
async def clear_webhook_endpoint(endpoint_id: str) -> None:
    """Delete what is left of a deleted webhook endpoint."""
    await in_database(clear_endpoint)(UUID(endpoint_id))


@app.periodic(cron="* * * * *")
@job(queue="webhooks", queueing_lock="wake_webhooks")
async def wake_webhooks(timestamp: int) -> None:
    """Queue again what a crash has lost, each minute."""
    await in_database(wake_forgotten)()


@job(queue="mail")
def mail_disabled_endpoint(endpoint_id: str) -> None:
    send_disabled_mail(UUID(endpoint_id))
