"""How much anybody may send: refused before it is read, by a web server as production runs it."""

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from bench.servers import running
from config.http.body_limit import MAX_BODY_BYTES, content_length
from tests.config.addresses import every_path
from tests.database import database_url
from tests.factories import UserFactory, make_invitation

MIB = 1024 * 1024
ANNOUNCED = 64 * MIB
UPLOAD = "/admin/invitations/batch/add/"
BEGINNING = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'


@pytest.fixture
def server(transactional_db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The address of a server on the test database."""
    monkeypatch.setenv("DATABASE_URL", database_url())
    with running("config.settings", tmp_path / "server.log", workers=1, blocking_threads=2) as url:
        place = urlsplit(url)
        yield str(place.hostname), int(place.port or 0)


def send(server: tuple[str, int], path: str, *, cookie: str = "") -> tuple[int, int]:
    """Begin to send a file of 64 MiB; the status of the answer, and how many bytes had been taken off our hands."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    head += f"Content-Length: {ANNOUNCED}\r\n" + (f"Cookie: {cookie}\r\n" if cookie else "") + "\r\n"
    with socket.create_connection(server, timeout=20) as wire:
        wire.sendall(head.encode() + BEGINNING)
        answer = http.client.HTTPResponse(wire, method="POST")
        answer.begin()
        wire.settimeout(2)
        taken = 0
        try:
            while taken < ANNOUNCED:
                taken += wire.send(b"x" * 65536)
        except OSError:
            pass
        return answer.status, taken


def test_a_stranger_is_refused_before_the_body_is_read(server):
    token = make_invitation().token
    for path in ["/admin/login/", UPLOAD, f"/p/i/{token}/connect", f"/p/i/{token}/verify", "/v2/company"]:
        status, taken = send(server, path)
        assert status == 413, path
        # what lies in the buffers of two machines, and no more
        assert taken < ANNOUNCED / 4, path


def test_of_staff_who_may_upload_what_is_too_large_is_read_and_told_in_words(server):
    client = Client()
    client.force_login(UserFactory())

    with socket.create_connection(server, timeout=30) as wire:
        cookie = f"session={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        head = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        head += f"Content-Length: {8 * MIB}\r\nCookie: {cookie}\r\n\r\n"
        wire.sendall(head.encode() + BEGINNING)
        wire.sendall(b"x" * (8 * MIB - len(BEGINNING)))
        answer = http.client.HTTPResponse(wire, method="POST")
        answer.begin()

    assert (answer.status, answer.headers["Location"]) == (302, UPLOAD)


def test_nobody_speaks_http_2_whose_bodies_need_not_say_how_long_they_are(server):
    with socket.create_connection(server, timeout=20) as wire:
        wire.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        answer = wire.recv(9)

    # no frame with settings, with which a server of HTTP/2 begins
    assert answer[3:4] != b"\x04"


def test_wherever_the_server_is_started_it_is_told_so():
    for name in ("Dockerfile", "config/dev/run.py", "bench/servers.py"):
        assert re.search(r"GRANIAN_HTTP=1|--http 1|\"--http\", \"1\"", (settings.BASE_DIR / name).read_text()), name


@pytest.mark.parametrize("path", every_path())
def test_no_address_takes_more_than_256_kib_of_a_stranger_and_none_a_body_without_a_length(db, path):
    client = Client(raise_request_exception=False)

    large = client.generic("POST", path, b"x", content_type="text/plain", CONTENT_LENGTH=str(MAX_BODY_BYTES + 1))
    chunked = client.generic("POST", path, b"", content_type="text/plain", HTTP_TRANSFER_ENCODING="chunked")

    assert (large.status_code, chunked.status_code) == (413, 411)


def test_the_page_says_it_in_words(db):
    answer = Client().post("/admin/login/", {"username": "x" * 600 * 1024})

    assert answer.status_code == 413
    assert "too much at once" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("length", "bytes_"),
    [("", 0), ("0", 0), ("262145", 262145), ("000262145", 262145), ("0" * 5000 + "7", 7), ("9" * 5000, 10**19 - 1)],
)
def test_a_length_is_read_however_it_is_written(length, bytes_):
    assert content_length(RequestFactory().post("/", CONTENT_LENGTH=length)) == bytes_
