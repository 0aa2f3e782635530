"""Context variable with the current request id, for logs and error bodies."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
