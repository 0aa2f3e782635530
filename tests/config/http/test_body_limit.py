"""Limits of request bodies, also with the web server of production."""

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
    """Start to send 64 MiB; return the status of the response and the number of bytes that were accepted."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    head += f"Content-Length: {ANNOUNCED}\r\n" + (f"Cookie: {cookie}\r\n" if cookie else "") + "\r\n"
    with socket.create_connection(server, timeout=20) as wire:
        wire.sendall(head.encode() + BEGINNING)
        response = http.client.HTTPResponse(wire, method="POST")
        response.begin()
        wire.settimeout(2)
        taken = 0
        try:
            while taken < ANNOUNCED:
                taken += wire.send(b"x" * 65536)
        except OSError:
            pass
        return response.status, taken


def test_large_body_is_rejected_unread(server):
    token = make_invitation().token
    for path in ["/admin/login/", UPLOAD, f"/p/i/{token}/connect", f"/p/i/{token}/verify", "/v2/company"]:
        status, taken = send(server, path)
        assert status == 413, path
        # the buffers of two machines
        assert taken < ANNOUNCED / 4, path


def test_too_large_upload_of_staff_is_explained(server):
    client = Client()
    client.force_login(UserFactory())

    with socket.create_connection(server, timeout=30) as wire:
        cookie = f"session={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        head = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        head += f"Content-Length: {8 * MIB}\r\nCookie: {cookie}\r\n\r\n"
        wire.sendall(head.encode() + BEGINNING)
        wire.sendall(b"x" * (8 * MIB - len(BEGINNING)))
        response = http.client.HTTPResponse(wire, method="POST")
        response.begin()

    assert (response.status, response.headers["Location"]) == (302, UPLOAD)


def test_server_does_not_speak_http_2(server):
    with socket.create_connection(server, timeout=20) as wire:
        wire.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        response = wire.recv(9)

    # an HTTP/2 server begins with a SETTINGS frame
    assert response[3:4] != b"\x04"


def test_every_start_of_granian_is_http_1():
    for name in ("Dockerfile", "config/dev/processes.py", "bench/servers.py"):
        assert re.search(r"GRANIAN_HTTP=1|--http 1|\"--http\", \"1\"", (settings.BASE_DIR / name).read_text()), name


def test_every_path_limits_bodies(db):
    client = Client(raise_request_exception=False)

    def statuses(path):
        large = client.generic("POST", path, b"x", content_type="text/plain", CONTENT_LENGTH=str(MAX_BODY_BYTES + 1))
        chunked = client.generic("POST", path, b"", content_type="text/plain", HTTP_TRANSFER_ENCODING="chunked")
        return large.status_code, chunked.status_code

    paths = every_path()
    assert {path: statuses(path) for path in paths} == dict.fromkeys(paths, (413, 411))


def test_too_large_form_gets_a_page(db):
    response = Client().post("/admin/login/", {"username": "x" * 600 * 1024})

    assert response.status_code == 413
    assert "too much at once" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_content_length_of_unusual_headers():
    for header, number in (("", 0), ("0", 0), ("000262145", 262145), ("0" * 5000 + "7", 7), ("9" * 5000, 10**19 - 1)):
        assert content_length(RequestFactory().post("/", CONTENT_LENGTH=header)) == number
