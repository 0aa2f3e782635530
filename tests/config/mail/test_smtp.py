import smtplib
import socket
import time
from email import message_from_bytes, policy

import pytest
from django.core.mail import EmailMultiAlternatives

from config.mail.smtp import EmailBackend, NotAMailServer, greeting_name
from tests.smtp_server import CUT, DRIP, SILENCE, ScriptedServer

TEXT = "Grüße aus Köln: " + "x" * 1200


def send(server, *, timeout=30, text=TEXT):
    mail = EmailMultiAlternatives("Grüße", text, "Müller <latchkey@example.com>", ["anna@example.com"])
    mail.attach_alternative(f"<p>{text}</p>", "text/html")
    return EmailBackend(host="127.0.0.1", port=server.port, timeout=timeout).send_messages([mail])


def test_greeting_names_the_public_host(settings):
    wanted = {
        "https://connect.example.com": "connect.example.com",
        "http://localhost:8000": "localhost",
        "http://192.0.2.1:8000": "[192.0.2.1]",
        "https://[2001:db8::1]": "[IPv6:2001:db8::1]",
    }
    names = {}
    for settings.PUBLIC_URL in wanted:
        names[settings.PUBLIC_URL] = greeting_name()
    assert names == wanted
    settings.PUBLIC_URL = "https://connect.example.com"
    with ScriptedServer(EHLO="502 5.5.1 what") as server:
        assert send(server) == 1
    assert server.heard[:2] == ["ehlo connect.example.com", "helo connect.example.com"]


def test_mail_has_seven_bits():
    with ScriptedServer() as server:
        assert send(server) == 1
    (content,) = server.mails
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    assert not any("8BITMIME" in line for line in server.heard)
    mail = message_from_bytes(content, policy=policy.default)
    assert mail["Subject"] == "Grüße"
    assert mail["From"].addresses[0].display_name == "Müller"
    assert mail.get_body(("plain",)).get_content().strip() == TEXT
    assert TEXT in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "RCPT", "END"])
@pytest.mark.parametrize("way", [DRIP, SILENCE])
def test_conversation_has_one_deadline(stage, way):
    begun = time.monotonic()
    with ScriptedServer(**{stage: way}) as server, pytest.raises(smtplib.SMTPServerDisconnected) as raised:
        send(server, timeout=0.2)
    assert isinstance(raised.value.__context__, TimeoutError)
    assert time.monotonic() - begun < 2


def test_silent_address_leaves_time_for_others(monkeypatch):
    """A host may have an IPv6 address that no packet reaches."""
    addresses = ["2001:db8::1", "192.0.2.1", "127.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (each, 0)) for each in addresses])
    waited = []

    def connect_after_silence(place, seconds):
        waited.append(seconds)
        if place[0] != "127.0.0.1":
            raise TimeoutError
        wire = socket.socket()
        wire.connect(place)
        return wire

    monkeypatch.setattr(socket, "create_connection", connect_after_silence)
    with ScriptedServer() as server:
        assert send(server, timeout=30) == 1
    assert max(waited[:2]) < 11


def test_invented_replies_are_not_the_servers():
    for nonsense in ("junk", "x" * 9000, "-1 no", "999 no", "000 no", ""):
        for stage in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"):
            with ScriptedServer(**{stage: nonsense}) as server, pytest.raises(NotAMailServer):
                send(server)


def test_accepted_mail_stays_accepted():
    for goodbye in ("junk", "x" * 9000, "500 no", CUT):
        with ScriptedServer(QUIT=goodbye) as server:
            assert send(server) == 1
