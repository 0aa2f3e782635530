"""Jobs that do the same work take turns: while one waits for its turn, further ones are superfluous."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_awaited: bool = False


class Turns:
    """Run at most one piece of work for each key, with one that waits.

    The one that waits begins later than the call of all that were left out, so it sees what they were called for.
    """

    def __init__(self) -> None:
        self._turns: dict[object, _Turn] = {}

    async def take(self, key: object, work: Callable[[], Awaitable[None]]) -> bool:
        """Do the work when the one before it has ended. False, at once, if another call waits for that already."""
        turn = self._turns.setdefault(key, _Turn())
        if turn.is_awaited:
            return False
        turn.is_awaited = True
        try:
            await turn.lock.acquire()
        finally:  # also if this job is aborted: then it runs again
            turn.is_awaited = False
        try:
            await work()
        finally:
            turn.lock.release()
            if not turn.is_awaited:
                self._turns.pop(key, None)
        return True
