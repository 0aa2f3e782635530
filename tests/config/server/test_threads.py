"""Threads that run Django."""

import asyncio
import threading

import pytest

from config.server.threads import Threads

SECONDS = 10  # until a test gives up


def name_of_thread(_argument):
    return threading.current_thread().name


async def gather(threads, calls):
    return await asyncio.gather(*(threads.run(function, argument) for function, argument in calls))


def test_short_calls_share_a_thread():
    names = asyncio.run(gather(Threads(4, "web", patience=SECONDS), [(name_of_thread, None)] * 50))

    assert len(set(names)) == 1


def test_held_up_thread_gets_help():
    released = threading.Event()
    calls = [(released.wait, SECONDS), (released.wait, SECONDS), (lambda _: released.set(), None)]

    assert asyncio.run(gather(Threads(3, "web"), calls)) == [True, True, None]


def test_number_of_threads_is_limited():
    running, most = threading.Semaphore(2), []

    def hold_up(_argument):
        most.append(running.acquire(blocking=False))
        threading.Event().wait(0.02)
        running.release()

    asyncio.run(gather(Threads(2, "web"), [(hold_up, None)] * 6))

    assert most == [True] * 6


def test_exception_reaches_the_caller():
    threads = Threads(1, "web")

    with pytest.raises(ZeroDivisionError):
        asyncio.run(threads.run(lambda number: 1 / number, 0))
    assert asyncio.run(threads.run(lambda number: 1 / number, 1)) == 1


def test_given_up_call_disturbs_no_other():
    async def give_up(threads, held_up):
        given_up = asyncio.create_task(threads.run(held_up.wait, SECONDS))
        await asyncio.sleep(0)
        given_up.cancel()
        held_up.set()
        return await threads.run(name_of_thread, None)

    assert asyncio.run(give_up(Threads(1, "web"), threading.Event())).startswith("web")
