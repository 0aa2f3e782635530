"""Settings of the worker: which kinds of jobs share places in its process."""

from typing import Any

# Each group of queues has places of its own. All other queues share those of the defaults.
GROUPS: dict[tuple[str, ...], dict[str, Any]] = {
    # a person waits for the mail
    ("codes",): {"concurrency": 2},
    # long jobs, which give way to others every five seconds
    ("batches", "default"): {"concurrency": 3},
    # Asynchronous jobs that mostly wait: a hundred that hang take no thread. They are many and leave a log elsewhere,
    # so they are deleted when done.
    ("webhooks",): {"concurrency": 100, "delete_jobs": "successful"},
}
# a free place of the defaults takes these, too, before its own jobs
URGENT_QUEUES = frozenset({"codes"})


def worker_defaults(*, is_pooled: bool) -> dict[str, Any]:
    """Return `PROCRASTINATE_WORKER_DEFAULTS`. With a pooler there is no LISTEN, which needs a session of its own."""
    # four mails at once: a slow mail server must not delay the others
    return {"concurrency": 4, "fetch_job_polling_interval": 1, "listen_notify": not is_pooled}
