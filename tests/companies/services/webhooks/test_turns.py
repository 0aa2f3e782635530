import asyncio

import pytest

from companies.services.webhooks.turns import Turns


async def take_five(turns, log, *, fails=False):
    """Five calls at once: the first one works until four others have come."""
    may_end = asyncio.Event()

    async def work():
        log.append("begins")
        await may_end.wait()
        if fails:
            raise ValueError

    calls = [asyncio.create_task(turns.take("partner", work)) for _ in range(5)]
    await asyncio.sleep(0)
    other = await turns.take("another", lambda: asyncio.sleep(0))
    may_end.set()
    return [other, *await asyncio.gather(*calls, return_exceptions=True)]


def test_one_works_and_one_waits():
    turns, log = Turns(), []
    assert asyncio.run(take_five(turns, log)) == [True, True, True, False, False, False]
    assert log == ["begins", "begins"]
    assert turns._turns == {}


def test_failed_work_ends_its_turn():
    turns = Turns()
    results = asyncio.run(take_five(turns, [], fails=True))
    assert [type(each) for each in results] == [bool, ValueError, ValueError, bool, bool, bool]
    assert turns._turns == {}


def test_cancelled_wait_leaves_no_gap():
    async def cancel_the_waiting():
        turns, may_end = Turns(), asyncio.Event()
        first = asyncio.create_task(turns.take("partner", may_end.wait))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(turns.take("partner", may_end.wait))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        may_end.set()
        return await first, await turns.take("partner", may_end.wait)

    assert asyncio.run(cancel_the_waiting()) == (True, True)
