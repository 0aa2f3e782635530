"""The ASGI application, without a web server."""

import asyncio
import threading
from io import BytesIO

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from config.server import asgi
from config.server.asgi import BLOCK_BYTES, Answer, application

SCOPE = {
    "type": "http",
    "method": "GET",
    "scheme": "http",
    "http_version": "1.1",
    "raw_path": b"/",
    "query_string": b"",
    "client": ("127.0.0.1", 50123),
    "server": ("127.0.0.1", 8000),
    "headers": [],
}


@pytest.fixture
def messages(monkeypatch):
    """Return the ASGI messages with which the response of a view is sent."""

    def messages_of(response):
        async def send(message):
            sent.append(message)

        def wsgi(environ, start_response):
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            is_file = getattr(response, "file_to_stream", None)
            return environ["wsgi.file_wrapper"](response.file_to_stream) if is_file else response

        sent = []
        monkeypatch.setattr(asgi.wsgi, "application", wsgi)
        asyncio.run(application(SCOPE, None, send))
        start, *bodies = sent
        assert [body.get("more_body", False) for body in bodies] == [True] * (len(bodies) - 1) + [False]
        return start["status"], dict(start["headers"]), [body["body"] for body in bodies]

    return messages_of


def test_short_response_is_one_message(messages):
    status, headers, bodies = messages(HttpResponse("short", status=201, headers={"X-Name": "é"}))

    assert (status, headers[b"x-name"], bodies) == (201, "é".encode("latin-1"), [b"short"])


def test_long_response_is_sent_in_blocks(messages):
    for length, blocks in ((BLOCK_BYTES, 1), (BLOCK_BYTES + 1, 2), (3 * BLOCK_BYTES, 3)):
        _, _, bodies = messages(HttpResponse(b"x" * length))
        assert (len(bodies), sum(map(len, bodies))) == (blocks, length)


def test_streamed_response_has_its_length(messages):
    _, headers, bodies = messages(StreamingHttpResponse(iter([b"one", b"two"])))

    assert (headers[b"content-length"], bodies) == (b"6", [b"onetwo"])


def test_too_slow_reader_is_dropped(monkeypatch):
    monkeypatch.setattr(asgi, "BLOCK_SECONDS", 0.01)
    body = BytesIO(b"x" * BLOCK_BYTES * 3)
    sent = []

    async def send(message):
        sent.append(message)
        await asyncio.sleep(len(sent) // 2 * 60)

    monkeypatch.setattr(asgi, "respond", lambda environ: Answer(200, [], body))
    asyncio.run(application(SCOPE, None, send))

    assert len(sent) == 2
    assert body.closed


def test_file_is_sent_as_it_is(messages, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x" * BLOCK_BYTES * 2)

    _, headers, bodies = messages(FileResponse(file.open("rb")))

    assert (headers[b"content-length"], len(bodies)) == (b"%d" % (BLOCK_BYTES * 2), 2)


def test_error_in_a_stream_is_500(messages, caplog):
    def broken():
        yield b"one"
        raise ValueError("two")

    status, _, bodies = messages(StreamingHttpResponse(broken()))

    assert (status, bodies) == (500, [b"Internal Server Error"])
    assert "could not be completed" in caplog.text


def test_hanging_request_is_given_up(messages, monkeypatch, caplog):
    released = threading.Event()
    monkeypatch.setattr(asgi, "REQUEST_SECONDS", 0.05)

    def hanging():
        released.wait(10)  # as for a database that was stopped
        yield b"late"

    status, headers, _ = messages(StreamingHttpResponse(hanging()))
    released.set()

    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert "given up" in caplog.text
