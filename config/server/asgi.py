"""ASGI application: Django's synchronous code in a few threads, which never wait for a client.

The event loop receives a body before a thread gets the request, and sends the response after the thread is free. A
slow client costs a connection, not a thread.
"""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from io import BytesIO
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from config import wsgi  # first, because it sets Django up
from config.http.health import LIVENESS_PATH
from config.http.request_log import unavailable
from config.monitoring.metrics import start_counting
from config.server.environ import Environ, make_environ
from config.server.request_body import Receive, receive_body
from config.server.request_metrics import count_given_up, measured
from config.server.sockets import limit_unread_responses
from config.server.threads import Threads

Send = Callable[[dict[str, Any]], Awaitable[None]]

logger = logging.getLogger("latchkey")

# less than the 120 seconds of our nginx.conf, more than a statement may take
REQUEST_SECONDS = 90
BLOCK_BYTES, BLOCK_SECONDS = 64 * 1024, 60
# the beginning of a streamed response stays in memory, a longer one goes into a temporary file
MEMORY_BYTES = 1024 * 1024

threads = Threads(settings.WEB_THREADS, "web")
# answers the liveness probe while all other threads are busy
reserve = Threads(1, "probe")


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: IO[bytes]


class FileWrapper:
    """`wsgi.file_wrapper` (PEP 3333): the event loop reads the file while it sends it."""

    def __init__(self, file: IO[bytes], block_size: int = BLOCK_BYTES) -> None:
        self.file = file


async def application(
    scope: dict[str, Any],
    receive: Receive,
    send: Send,
) -> None:
    """Answer one HTTP request."""
    limit_unread_responses()
    environ = make_environ(scope) | {"wsgi.file_wrapper": FileWrapper}
    seconds = REQUEST_SECONDS + await receive_body(environ, receive)
    answer = await answer_request(environ, seconds)
    with answer.body, suppress(TimeoutError):
        await send_answer(answer, send)


async def _answer(environ: Environ, seconds: float) -> Answer:
    pool = reserve if environ["PATH_INFO"] == LIVENESS_PATH else threads
    try:
        async with asyncio.timeout(seconds):
            answer: Answer = await pool.run(respond, environ)
    except TimeoutError:
        logger.error("A request was given up after %s seconds.", REQUEST_SECONDS)
        count_given_up(environ)
        answer = await reserve.run(give_up, environ["PATH_INFO"])
    except Exception:  # of a response that is streamed: Django answers all others itself
        logger.exception("A response could not be completed.")
        answer = Answer(500, [(b"content-type", b"text/plain")], BytesIO(b"Internal Server Error"))
    return answer


if settings.METRICS_PORT:
    start_counting()
    answer_request = measured(_answer)
else:
    answer_request = _answer


async def send_answer(answer: Answer, send: Send) -> None:
    """Send the answer at the client's pace. Raises `TimeoutError` if a client is slower than about 1 KiB per second."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    block = answer.body.read(BLOCK_BYTES)
    while following := answer.body.read(BLOCK_BYTES) if len(block) == BLOCK_BYTES else b"":
        async with asyncio.timeout(BLOCK_SECONDS):
            await send({"type": "http.response.body", "body": block, "more_body": True})
        block = following
    await send({"type": "http.response.body", "body": block})


def respond(environ: Environ) -> Answer:
    """Run Django and return its complete answer, so that this thread is free before the first byte is sent."""
    begun: list[tuple[int, list[tuple[bytes, bytes]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        begun.append((int(status[:3]), encode_headers(headers)))

    response: Any = wsgi.application(environ, start_response)
    status, headers = begun[0]
    if isinstance(response, FileWrapper):
        return Answer(status, headers, response.file)
    try:
        if not response.streaming:
            return Answer(status, headers, BytesIO(b"".join(response)))
        body, length = spool(response)
        known = [] if response.has_header("Content-Length") else [(b"content-length", b"%d" % length)]
        return Answer(status, headers + known, body)
    finally:
        response.close()


def give_up(path: str) -> Answer:
    """Return a 503. The thread of the request goes on waiting, for example for a database that hangs."""
    request = HttpRequest()
    request.path = request.path_info = path
    response = unavailable(request)
    return Answer(response.status_code, encode_headers(response.items()), BytesIO(response.content))


def encode_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def spool(blocks: Any) -> tuple[IO[bytes], int]:
    """Return all blocks as a file, and its length. With the length, a client notices a download that broke off."""
    body: Any = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed when it has been sent
    for block in blocks:
        body.write(block)
    length = body.tell()
    body.seek(0)
    return body, length
