"""Threads for Django's synchronous code: as few as keep requests moving."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

# time without a call that begins, after which another thread helps
PATIENCE_SECONDS = 0.005


class Call(NamedTuple):
    function: Callable[[Any], Any]
    argument: Any
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[Any]


class Threads:
    """Up to `most` threads that take calls from one queue.

    Python runs one thread at a time, and to change between them costs a quarter of a short request. So one thread takes
    all calls, one after the other. Only if it is held up, by a slow query or page, another one goes on with the queue.
    `patience` is in seconds.
    """

    def __init__(self, most: int, name: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._pool = ThreadPoolExecutor(most, name)
        self._most, self._busy, self._patience = most, 0, patience
        self._calls: deque[Call] = deque()
        self._taken_at = 0.0
        self._lock = Lock()
        self._is_watched = False

    async def run(self, function: Callable[[Any], Any], argument: Any) -> Any:
        """Call `function(argument)` in a thread and return its result, or raise its exception."""
        loop = asyncio.get_running_loop()
        call = Call(function, argument, loop, loop.create_future())
        with self._lock:
            self._calls.append(call)
            is_idle = self._busy == 0
            self._busy += is_idle
        if is_idle:
            self._pool.submit(self._take_calls)
        elif not self._is_watched:
            self._watch(loop)
        return await call.result

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_watched = True
        loop.call_later(self._patience, self._help, loop)

    def _help(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start another thread if all that run are held up."""
        with self._lock:
            self._is_watched = bool(self._calls)
            is_held_up = monotonic() - self._taken_at >= self._patience
            helps = self._is_watched and is_held_up and self._busy < self._most
            self._busy += helps
        if helps:
            self._pool.submit(self._take_calls)
        if self._is_watched:
            self._watch(loop)

    def _take_calls(self) -> None:
        while call := self._next_call():
            try:
                outcome, value = call.result.set_result, call.function(call.argument)
            except BaseException as error:  # `run` raises it again
                outcome, value = call.result.set_exception, error
            call.loop.call_soon_threadsafe(_settle, call.result, outcome, value)

    def _next_call(self) -> Call | None:
        with self._lock:
            if not self._calls:
                self._busy -= 1
                return None
            self._taken_at = monotonic()
            return self._calls.popleft()


def _settle(result: asyncio.Future[Any], outcome: Callable[[Any], None], value: Any) -> None:
    if not result.done():  # its client may have gone
        outcome(value)
