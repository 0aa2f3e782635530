"""Request bodies: complete before a thread gets them, or late."""

import asyncio
from threading import BoundedSemaphore

import pytest

from config.http.body_limit import BODY_ERROR, MAX_BODY_BYTES
from config.server import request_body
from config.server.request_body import UNKNOWN_LENGTH, StreamedBody, receive_body

GONE = {"type": "http.disconnect"}


def piece(body: bytes, *, more: bool = True):
    return {"type": "http.request", "body": body, "more_body": more}


def received(environ, *messages):
    """Return the environ after these messages; after the last one the client is silent."""

    async def receive():
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    waiting = list(messages)
    asyncio.run(receive_body(environ, receive))
    return environ


def test_body_arrives_in_pieces():
    environ = received({"CONTENT_LENGTH": "5"}, piece(b"ab"), piece(b"cde", more=False))

    assert environ["wsgi.input"].read() == b"abcde"


def test_request_without_body_waits_for_nothing():
    assert received({})["wsgi.input"].read() == b""


def test_chunked_body_gets_its_length():
    environ = received({"HTTP_TRANSFER_ENCODING": "chunked"}, piece(b"abc"), piece(b"de"), piece(b"", more=False))

    assert environ["wsgi.input"].read() == b"abcde"
    assert environ["CONTENT_LENGTH"] == "5"
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_long_chunked_body_is_not_read():
    environ = received({"HTTP_TRANSFER_ENCODING": "chunked"}, piece(b"x" * MAX_BODY_BYTES), piece(b"y"))

    assert environ["CONTENT_LENGTH"] == UNKNOWN_LENGTH


def test_late_body_is_marked(monkeypatch):
    monkeypatch.setattr(request_body, "BODY_SECONDS", 0.01)

    assert received({"CONTENT_LENGTH": "50"}, piece(b"ab"))[BODY_ERROR] == 408


def test_broken_body_is_marked():
    assert received({"CONTENT_LENGTH": "50"}, piece(b"ab"), GONE)[BODY_ERROR] == 400


def test_large_body_is_read_by_the_view():
    pieces = [b"x" * 300_000, b"y" * 10_000 + b"\n", b"z"]

    assert read_streamed([piece(each) for each in pieces[:2]] + [piece(pieces[2], more=False)]) == b"".join(pieces)


def test_late_large_body_is_an_error():
    with pytest.raises(OSError, match="did not arrive"):
        read_streamed([piece(b"x")], seconds=0.01)


def test_broken_large_body_is_an_error():
    with pytest.raises(OSError, match="did not arrive"):
        read_streamed([piece(b"x"), GONE])


def test_few_threads_wait_for_large_bodies(monkeypatch):
    monkeypatch.setattr(request_body, "waiting", BoundedSemaphore(1))
    request_body.waiting.acquire()

    with pytest.raises(OSError, match="too many threads"):
        read_streamed([piece(b"x", more=False)])

    request_body.waiting.release()
    assert read_streamed([piece(b"x", more=False)]) == b"x"


def read_streamed(messages, seconds=60):
    """Read in a thread, as a view does."""

    async def receive():
        if not messages:
            await asyncio.sleep(60)
        return messages.pop(0)

    async def read():
        body = StreamedBody.open(receive, seconds=seconds)
        return await asyncio.to_thread(body.read)

    return asyncio.run(read())
