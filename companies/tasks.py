"""Housekeeping."""

from procrastinate.contrib.django import app

from companies.services import delete_old_answers


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_answers")
def forget_answers(timestamp: int) -> None:
    delete_old_answers()
