"""SMTP with one deadline for the whole conversation, the public host as greeting, and mails of seven bits.

smtplib sets a timeout for each read, so a server that sends a byte now and then could hold a worker for hours.
"""

import ipaddress
import smtplib
import socket
import time
from email.charset import QP, Charset
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

# without 8BITMIME (RFC 6152) a server may damage bytes above 127
SEVEN_BITS = Charset("utf-8")
SEVEN_BITS.body_encoding = QP
MAX_BYTES_READ = 256 * 1024


class NotAMailServer(smtplib.SMTPServerDisconnected):
    """The other side does not speak SMTP. The connection is closed."""


def greeting_name() -> str:
    """Return the host of `PUBLIC_URL` for EHLO; an IP address as a literal (RFC 5321, 4.1.3).

    Not the machine's name: a container's is only an id, which servers refuse.
    """
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


class EmailBackend(smtp.EmailBackend):
    """`timeout` is the number of seconds for the whole conversation. A mail that was accepted stays accepted."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return TLSConversation if self.use_ssl else Conversation

    def open(self) -> bool:
        if self.connection:
            return False
        options: dict[str, Any] = {"local_hostname": greeting_name(), "timeout": self.timeout}
        if self.use_ssl:
            options["context"] = self.ssl_context
        conversation = self.connection_class(self.host, self.port, **options)
        try:
            if self.use_tls:
                conversation.starttls(context=self.ssl_context)
            if self.username and self.password:
                conversation.login(self.username, self.password)
        except BaseException:
            conversation.close()
            raise
        self.connection = conversation
        return True

    def _send(self, email_message: EmailMessage) -> bool:
        email_message.encoding = email_message.encoding or SEVEN_BITS
        return bool(super()._send(email_message))  # type: ignore[misc]


class Conversation(smtplib.SMTP):
    """`deadline`: moment of `time.monotonic` at which each read and write fails."""

    deadline: float

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        self.deadline = time.monotonic() + self.timeout
        return super().connect(host, port, source_address)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect to one of the host's addresses. They share the time, so that a silent one does not take it all."""
        error: OSError = OSError(f"no address for {host}")
        addresses = [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return socket.create_connection((address, port), self._time_left() / (untried + 1))
            except OSError as failed:
                error = failed
        raise error

    def send(self, s: Any) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        unsent = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while unsent:
                self.sock.settimeout(self._time_left())
                unsent = unsent[self.sock.send(unsent) :]
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("cannot write") from error

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply of class 2 to 5. Raises `NotAMailServer` for anything else.

        smtplib would return the code -1, or raise an error 500 that the server never sent.
        """
        if self.file is None:
            self.file = BufferedReader(_DeadlineReader(self))
        try:
            code, text = super().getreply()
        except smtplib.SMTPResponseException as error:
            raise NotAMailServer("line too long") from error
        if not 200 <= code < 600:
            self.close()
            raise NotAMailServer("no reply code")
        # for the encryption that may follow; never an error, because the reply may be that the mail was accepted
        self.sock.settimeout(max(self.deadline - time.monotonic(), 0.01))  # type: ignore[union-attr]
        return code, text

    def _time_left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the conversation took too long")
        return left


class TLSConversation(smtplib.SMTP_SSL, Conversation):
    """TLS from the start."""


class _DeadlineReader(RawIOBase):
    """Reader of at most 256 KiB, and of nothing after the deadline."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.unread = MAX_BYTES_READ

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        sock: socket.socket = self.conversation.sock  # type: ignore[assignment]
        sock.settimeout(self.conversation._time_left())
        count = sock.recv_into(buffer)
        self.unread -= count
        if self.unread < 0:
            raise OSError("the replies are too long")
        return count
