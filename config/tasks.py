"""Housekeeping of the background work itself."""

import logging

from procrastinate import builtin_tasks
from procrastinate.contrib.django import app
from procrastinate.exceptions import ProcrastinateException
from procrastinate.job_context import JobContext

SECONDS_WITHOUT_HEARTBEAT = 30
HOURS_KEPT = 24 * 7

logger = logging.getLogger("latchkey.jobs")


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take_up_stalled_jobs", priority=100, pass_context=True)
async def take_up_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """A worker that was killed leaves its jobs in `doing`: put them back into the queue."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=SECONDS_WITHOUT_HEARTBEAT):
        try:
            await manager.retry_job(stalled)
        except ProcrastinateException as error:  # another worker was faster, or the same housekeeping is queued anew
            logger.warning("a stalled job was not taken up: %s", error)


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Jobs that are over need not be kept for more than a week."""
    await builtin_tasks.remove_old_jobs(context, max_hours=HOURS_KEPT, remove_failed=True, remove_cancelled=True)
