"""Notice connections that ended while they were idle, before a request uses them."""

import select
from typing import Any

from django.db import connections


def drop_lost_connections(**kwargs: Any) -> None:
    """Close connections that the server, a pooler or the network has ended, so that the request gets a new one.

    Otherwise each thread answers one request with 503 after a restart of the database. Nothing is asked of the database
    (Django's `CONN_HEALTH_CHECKS` sends a query with each request): an idle connection has something to read only at
    its end.
    """
    for wrapper in connections.all(initialized_only=True):
        wire = wrapper.connection
        if wire is not None and not wrapper.in_atomic_block and (wire.closed or _has_news(wire.fileno())):
            wrapper.close()


def _has_news(file_number: int) -> bool:
    """True if a read, also of an error, would not wait."""
    poll = select.poll()
    poll.register(file_number, select.POLLIN)
    return bool(poll.poll(0))
