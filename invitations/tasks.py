"""Housekeeping."""

from datetime import timedelta

from procrastinate.contrib.django import app

from invitations.limits import forget_old_windows


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget_rate_windows")
def forget_rate_windows(timestamp: int) -> None:
    forget_old_windows(older_than=timedelta(days=1))
