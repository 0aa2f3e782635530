"""What the code below a request may know of it: its id, and nothing else."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
