"""Request bodies: received with a deadline before a thread gets the request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from io import BufferedReader, BytesIO, RawIOBase
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

from config.http.body_limit import BODY_ERROR, MAX_BODY_BYTES
from config.server.environ import Environ

Receive = Callable[[], Awaitable[dict[str, Any]]]

# for a whole body, plus one second for each 16 KiB
BODY_SECONDS = 60
BYTES_PER_SECOND = 16 * 1024
# threads that may wait for large bodies at the same time; the others go on serving
waiting = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))
# announced for a chunked body over the limit, which is not read to its end
UNKNOWN_LENGTH = str(2**63 - 1)


class Disconnected(Exception):
    """The client went away before the body was complete, or sent chunks that are none."""


async def receive_body(environ: Environ, receive: Receive) -> float:
    """Put the body into the environ: complete up to 256 KiB, else as a stream. Return the seconds a stream may take.

    A chunked body gets the length that it has. One that is late or broken is marked: the response is a 408 or 400.
    """
    length, coding = environ.get("CONTENT_LENGTH"), environ.pop("HTTP_TRANSFER_ENCODING", None)
    body = b""
    if coding is None and length and int(length) > MAX_BODY_BYTES:
        seconds = BODY_SECONDS + int(length) / BYTES_PER_SECOND
        environ["wsgi.input"] = StreamedBody.open(receive, seconds=seconds)
        return seconds
    if coding is not None or length:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _receive_all(receive)
        except TimeoutError:
            environ[BODY_ERROR] = 408
        except Disconnected:
            environ[BODY_ERROR] = 400
        environ["CONTENT_LENGTH"] = str(len(body)) if len(body) <= MAX_BODY_BYTES else UNKNOWN_LENGTH
    environ["wsgi.input"] = BytesIO(body)
    return 0


async def _receive_all(receive: Receive) -> bytes:
    """Return the body, or a beginning of it that is longer than the limit."""
    body, has_more = bytearray(), True
    while has_more and len(body) <= MAX_BODY_BYTES:
        piece, has_more = await _receive_piece(receive)
        body += piece
    return bytes(body)


async def _receive_piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


class StreamedBody(RawIOBase):
    """Body over 256 KiB, received while a thread reads it: only the view knows who may send that much."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._deadline = time.monotonic() + seconds
        self._loop = asyncio.get_running_loop()
        self._piece, self._has_more = b"", True

    @classmethod
    def open(cls, receive: Receive, *, seconds: float) -> BufferedReader:
        return BufferedReader(cls(receive, seconds), 64 * 1024)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raise `OSError` after the deadline, if the client went away, or if too many threads wait for bodies."""
        while not self._piece and self._has_more:
            if not waiting.acquire(blocking=False):
                raise OSError("too many threads wait for bodies")
            try:
                self._piece, self._has_more = self._wait_for_piece()
            finally:
                waiting.release()
        taken = min(len(buffer), len(self._piece))
        buffer[:taken], self._piece = self._piece[:taken], self._piece[taken:]
        return taken

    def _wait_for_piece(self) -> tuple[bytes, bool]:
        receiving = asyncio.run_coroutine_threadsafe(_receive_piece(self._receive), self._loop)
        try:
            return receiving.result(max(0, self._deadline - time.monotonic()))
        except (TimeoutError, Disconnected) as error:
            receiving.cancel()
            raise OSError("the body did not arrive") from error
