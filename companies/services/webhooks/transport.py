"""One POST to an endpoint of a partner, who may be hostile or broken.

httpcore follows no redirects, keeps no cookies, reads no proxies from the environment and decompresses nothing.
Its network backend is the seam: the name is resolved here, and the connection goes to the address that was checked.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

import dns.asyncresolver
import dns.exception
import dns.resolver
import httpcore2 as httpcore
from django.utils.translation import gettext_lazy as _

from companies.models import MAX_ANSWER_LENGTH
from companies.services.webhooks.answers import Answer
from companies.services.webhooks.targets import Target, is_allowed, parse_target
from config.exceptions import InvalidField
from config.redaction import redact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TIMEOUT = 10  # seconds, for name, connection, request and response together
MAX_ADDRESSES = 4  # of one host are tried
USER_AGENT = "Latchkey-Webhooks"

CUT_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

Address = IPv4Address | IPv6Address
Resolver = Callable[[str], Awaitable[list[Address]]]

NOT_PUBLIC = _("The host leads to an address that is not on the public internet.")
UNKNOWN_HOST = _("The host was not found.")
UNREACHABLE = _("The host could not be reached.")
NOT_ENCRYPTED = _("The encrypted connection failed: %(reason)s")
TOO_SLOW = _("There was no complete response within %(seconds)s seconds.")
BROKEN_OFF = _("The connection was closed before the response was complete.")
NO_HTTP = _("The response was not valid HTTP.")


class SendingFailed(Exception):
    """There was no response. The message says why, for the partner."""


async def resolve(host: str) -> list[Address]:
    """Return the addresses of a name by DNS, IPv4 first. Raises `SendingFailed` if there are none.

    Not by the system's `getaddrinfo`, which needs a thread and cannot be stopped: a name server that never answers
    would hold up the mails of the same worker.
    """
    if host == "localhost":  # RFC 6761, 6.3
        return [ip_address("127.0.0.1"), ip_address("::1")]
    with suppress(ValueError):
        return [ip_address(host)]
    queries = (
        _dns().resolve(f"{host}.", kind, raise_on_no_answer=False, lifetime=TIMEOUT / 2) for kind in ("A", "AAAA")
    )
    answers = await asyncio.gather(*queries, return_exceptions=True)
    for error in answers:
        if isinstance(error, BaseException) and not isinstance(error, dns.exception.DNSException):
            raise error
    found = [
        ip_address(str(record)) for answer in answers if not isinstance(answer, BaseException) for record in answer
    ]
    if not found:
        raise SendingFailed(str(UNKNOWN_HOST))
    return found


@cache
def _dns() -> dns.asyncresolver.Resolver:
    """Return the resolver of the machine's settings, with a cache that keeps to the time to live."""
    resolver = dns.asyncresolver.Resolver()
    resolver.cache = dns.resolver.LRUCache(1000)
    return resolver


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only. A name with one that is not allowed is refused as a whole."""

    def __init__(self, *, resolver: Resolver = resolve, network: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._resolve = resolver
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host)
        if not all(map(is_allowed, addresses)):
            raise SendingFailed(str(NOT_PUBLIC))
        tried = addresses[:MAX_ADDRESSES]
        for address in tried:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._network.connect_tcp(str(address), port, timeout=TIMEOUT / len(tried))
        raise SendingFailed(str(UNREACHABLE))


class Client:
    """Connections to one endpoint, as an asynchronous context manager."""

    def __init__(
        self, *, at_once: int, network: CheckedNetwork | None = None, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context or _ssl_context(),
            max_connections=at_once,
            network_backend=network or CheckedNetwork(),
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the JSON `body` and return the answer, or why there was none. Takes at most `TIMEOUT` seconds."""
        try:
            return await self._exchange(parse_target(url), body, headers)
        except (InvalidField, SendingFailed) as error:
            return Answer(None, error=str(error))
        except (TimeoutError, httpcore.TimeoutException):
            reason: StrOrPromise = TOO_SLOW % {"seconds": TIMEOUT}
        except httpcore.ConnectError as error:
            reason = NOT_ENCRYPTED % {"reason": _tls_reason(error)}
        except httpcore.RemoteProtocolError as error:
            reason = BROKEN_OFF if "disconnected" in str(error) else NO_HTTP
        except (httpcore.NetworkError, httpcore.ProtocolError):
            reason = BROKEN_OFF
        return Answer(None, error=str(reason))

    async def _exchange(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {
            "host": target.authority,
            "user-agent": USER_AGENT,
            "accept": "*/*",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "content-length": str(len(body)),
            **headers,
        }
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        deadline = asyncio.get_running_loop().time() + TIMEOUT
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                exchange = self._pool.stream("POST", url, headers=list(sent.items()), content=body)
                response = await stack.enter_async_context(exchange)
            return Answer(response.status, body=_as_text(await _read_beginning(response, deadline)))


async def _read_beginning(response: httpcore.Response, deadline: float) -> bytes:
    """Return the first 4 KiB, or less if the response breaks off or takes too long: its status counts anyway.

    The rest is not read: an unread response closes its connection.
    """
    received = b""
    with suppress(TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout_at(deadline):
            async for part in response.aiter_stream():
                received += part[: MAX_ANSWER_LENGTH - len(received)]
                if len(received) == MAX_ANSWER_LENGTH:
                    break
    return received


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the certificate authorities of the machine, read once for each process."""
    return httpcore.default_ssl_context()


def _as_text(answer: bytes) -> str:
    """Return the response as text without control characters and secrets: it may repeat the message."""
    text = answer.decode(errors="replace")
    if len(answer) == MAX_ANSWER_LENGTH:
        text = CUT_TOKEN.sub("", text)  # a part of a token is not recognized as one
    return redact("".join(letter if letter.isprintable() or letter in "\n\t" else "�" for letter in text))


def _tls_reason(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, ssl.SSLError):
            return (cause.reason or "TLS").replace("_", " ").lower()
        cause = cause.__cause__ or cause.__context__
    return "it was closed"
