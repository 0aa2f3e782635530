"""The part of a lane that sends: at most four requests to one endpoint at once, without a thread for each."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections, reset_queries
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.services.webhooks.answers import Answer
from companies.services.webhooks.rounds import Attempt, Message, Round, begin_round, end_round, record_attempts
from companies.services.webhooks.signing import signed_headers
from config.db.lost_connections import drop_lost_connections

OUR_FAULT = _("The message could not be sent; the fault is on our side.")
AT_ONCE = 4
ROUND_SECONDS = 5  # in which requests are started

logger = logging.getLogger("latchkey.webhooks")

if TYPE_CHECKING:
    from companies.services.webhooks.transport import Client

# None comes last
Sent = asyncio.Queue[Attempt | None]

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

# of all lanes of a worker: they use the database for milliseconds. Not the threads of other jobs, so that neither
# waits for the other
_database_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="webhooks")


def in_database(function: Callable[Given, Returned]) -> Callable[Given, Awaitable[Returned]]:
    """Return the function as a coroutine that runs in a thread with a database connection."""

    def call(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        drop_lost_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()
            reset_queries()  # with DEBUG, Django keeps all of them

    return sync_to_async(call, thread_sensitive=False, executor=_database_threads)


async def send_round(endpoint_id: UUID) -> None:
    """Send the deliveries of an endpoint that are due, for a few seconds, and queue the next round if more will be."""
    current = await in_database(begin_round)(endpoint_id)
    if current is None:
        return
    if current.messages:
        await _send(current)
    # not after an error: it would send the same again at once. `wake_forgotten` does so within a minute
    await in_database(end_round)(current)


async def _send(current: Round) -> None:
    """Start requests as long as the round lasts. Outcomes are stored as they come, several at once if they can be."""
    from companies.services.webhooks.transport import Client  # noqa: PLC0415 - 0.2 s that only workers spend

    async with Client(at_once=AT_ONCE) as client, asyncio.TaskGroup() as group:
        sent: Sent = asyncio.Queue()
        waiting = deque(current.messages)
        senders = [group.create_task(_send_waiting(client, current, waiting, sent)) for _ in range(AT_ONCE)]
        recorder = group.create_task(_record_sent(current, waiting, sent))
        await asyncio.wait(senders)
        sent.put_nowait(None)
        await recorder


async def _send_waiting(client: "Client", current: Round, waiting: deque[Message], sent: Sent) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + ROUND_SECONDS
    while waiting and clock() < end:
        attempt = await _attempt(client, current, waiting.popleft())
        sent.put_nowait(attempt)
        if attempt.answer.is_gone:
            waiting.clear()


async def _record_sent(current: Round, waiting: deque[Message], sent: Sent) -> None:
    """Store outcomes until None comes. Those that come while others are stored are stored together."""
    ended = False
    while not ended:
        attempts = [await sent.get()]
        while not sent.empty():
            attempts.append(sent.get_nowait())
        ended = attempts[-1] is None
        known = [attempt for attempt in attempts if attempt]
        if known and not await in_database(record_attempts)(current, known):
            waiting.clear()


async def _attempt(client: "Client", current: Round, message: Message) -> Attempt:
    now = timezone.now()
    headers = signed_headers(message.event_id, message.body, secrets=current.secrets, now=now)
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        answer = await client.post(current.url, message.body, headers)
    except Exception:
        logger.exception("a webhook could not be sent")
        answer = Answer(None, error=str(OUR_FAULT))
    return Attempt(message, started_at=now, duration=timedelta(seconds=clock() - start), answer=answer)
