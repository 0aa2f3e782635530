"""The examples for receivers of webhooks, with messages that the package `standardwebhooks` signed."""

import runpy
import threading
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings

from tests.clients.messages import ID, SECRET, messages

EXAMPLES = Path(settings.BASE_DIR) / "examples"


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)


@pytest.fixture
def receiver(secret):
    server = ThreadingHTTPServer(("127.0.0.1", 0), runpy.run_path(str(EXAMPLES / "webhook_receiver.py"))["Receiver"])
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    yield server.server_address
    server.shutdown()
    thread.join()
    server.server_close()


def post(address, headers, body):
    connection = HTTPConnection(*address, timeout=30)
    connection.request("POST", "/", body, headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def test_receiver_drops_forged_and_repeated(receiver, capsys):
    found = {name: post(receiver, each.headers, each.body.encode()) for name, each in messages().items()}

    assert found == {name: 204 if each.is_genuine else 401 for name, each in messages().items()}
    assert capsys.readouterr().out == f"7 invitation.used {ID}\n"


def test_receiver_rejects_odd_requests(receiver):
    genuine = messages()["genuine"]
    odd = {"Content-Length": "1000001"}, {"Content-Length": "-1"}, {"Content-Length": "9" * 5000}

    assert {post(receiver, genuine.headers | each, b"") for each in odd} == {401}
    assert post(receiver, genuine.headers | {"webhook-signature": "ü", "webhook-timestamp": "9" * 5000}, b"{}") == 401


def test_package_verifies_as_shown(secret):
    event_of = runpy.run_path(str(EXAMPLES / "verify_webhook.py"))["event_of"]

    found = {name: event_of(each.headers, each.body.encode()) is not None for name, each in messages().items()}

    assert found == {name: each.is_genuine for name, each in messages().items()}
    assert event_of(messages()["genuine"].headers, b"\xff") is None
