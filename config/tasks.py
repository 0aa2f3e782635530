"""Maintenance of the job queue."""

import logging

from procrastinate import builtin_tasks
from procrastinate.contrib.django import app
from procrastinate.exceptions import ProcrastinateException
from procrastinate.job_context import JobContext

SECONDS_WITHOUT_HEARTBEAT = 30
HOURS_KEPT = 24 * 7

logger = logging.getLogger("latchkey.jobs")


@app.periodic(cron="* * * * * */20")  # the sixth field: seconds
@app.task(queueing_lock="retry_stalled_jobs", priority=100, pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Requeue the jobs of workers that were killed: they stay in `doing`."""
    manager = context.app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=SECONDS_WITHOUT_HEARTBEAT))
    left = 0
    for each in stalled:
        try:
            await manager.retry_job(each)
        except ProcrastinateException:  # it ended meanwhile, or this periodic job is queued already
            left += 1
    if stalled:
        logger.warning("%s jobs of dead workers run again; %s ended or are queued already", len(stalled) - left, left)


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="delete_old_jobs", pass_context=True)
async def delete_old_jobs(context: JobContext, timestamp: int) -> None:
    await builtin_tasks.remove_old_jobs(context, max_hours=HOURS_KEPT, remove_failed=True, remove_cancelled=True)
