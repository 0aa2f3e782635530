from django.core.management import call_command
from procrastinate.contrib.django import app

from companies.known_clients import forget_old_networks
from companies.login_throttle import delete_expired_attempts
from companies.services.partners import delete_old_answers
from config.jobs import job


@app.periodic(cron="17 * * * *")
@job(queueing_lock="forget_answers")
def forget_answers(timestamp: int) -> None:
    """Delete responses whose idempotency keys have expired. Runs hourly."""
    delete_old_answers()


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
