"""SMTP server whose responses a test chooses."""

import asyncio
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass(frozen=True)
class Received:
    """A received mail."""

    to: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()


class MailServer:
    """Accepts every mail by default.

    `answers["a@example.com"] = ["451 later"]`: replies to the next mails for this address. `pause`: seconds between a
    mail and its reply. `drops`: number of connections to close in place of the reply. `options` are aiosmtpd's.
    """

    def __init__(self, *, refuses_logins: bool = False, **options: Any) -> None:
        self.mails: list[Received] = []
        self.tried: list[str] = []
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.pause = 0.0
        self.drops = 0
        self.unanswered = 0
        self._speaks = threading.Event()
        self._speaks.set()
        place = reserve_port()
        self.port = port_of(place)
        login = {"authenticator": refuse, "auth_require_tls": False} if refuses_logins else {}
        self._controller = AtReservedPort(self, place, **login | options)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._controller.stop()

    @property
    def recipients(self) -> list[str]:
        return [mail.to for mail in self.mails]

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Accept every mail without an answer until the end; `unanswered` is the number of mails that wait."""
        self._speaks.clear()
        try:
            yield
        finally:
            self._speaks.set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        self.tried.append(address)
        if self.answers[address]:
            answer = self.answers[address].pop(0)
            if not answer.startswith("250"):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (to,) = envelope.rcpt_tos
        self.mails.append(Received(to, envelope.original_content))
        await asyncio.sleep(self.pause)
        self.unanswered += 1
        try:
            while not self._speaks.is_set():
                await asyncio.sleep(0.01)
        finally:  # also if the client has disconnected
            self.unanswered -= 1
        if self.drops:
            self.drops -= 1
            server.transport.abort()
        return "250 taken"


def refuse(*login: Any) -> AuthResult:
    return AuthResult(success=False, handled=False)


class AtReservedPort(Controller):
    """Listens on a reserved port. Waits up to a minute for its start, because the machine may be busy."""

    def __init__(self, handler: MailServer, place: socket.socket, **options: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port_of(place), ready_timeout=60, **options)
        self._place = place

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._place, ssl=self.ssl_context)


def reserve_port() -> socket.socket:
    """Reserve a port on which no program listens. While the socket is open, connections are refused."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


def port_of(place: socket.socket) -> int:
    return int(place.getsockname()[1])
