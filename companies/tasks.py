"""Housekeeping."""

from procrastinate.contrib.django import app

from companies.services import delete_old_answers
from config.jobs import job


@app.periodic(cron="17 * * * *")
@job(queueing_lock="forget_answers")
def forget_answers(timestamp: int) -> None:
    """Once an hour: the answers whose idempotency keys are over."""
    delete_old_answers()
