"""Parts of each request and response: host, https, the limit of bodies, request id, headers and the log."""

import re
import sys
import time
from contextvars import ContextVar
from typing import Any

import orjson
from django.conf import settings
from uuid_utils.compat import uuid7

from config.http.body_limit import MAX_BODY_BYTES
from config.http.request_log import ACCEPTABLE_ID

request_id: ContextVar[str] = ContextVar("request_id", default="")

HOSTS = {host.encode() for host in settings.ALLOWED_HOSTS}
SECRET = re.compile(r"(?i)(/p/i/|%2Fp%2Fi%2F)[A-Za-z0-9_\-.~%]+|(?<![\w\-])[\w\-]{43}(?![\w\-])|\blk_\w{4,}_[\w\-]+")
ADDRESS = re.compile(r"[^\s/?&]+(?:@|%40)[^\s/?&]+")
SECURITY_HEADERS = [
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"style-src 'self'; img-src 'self'; form-action 'self'; script-src 'self'; connect-src 'self'; "
        b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


class Outer:
    """ASGI application around another one."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        offered = headers.get(b"x-request-id", b"").decode("latin-1")
        current_id = offered if ACCEPTABLE_ID.fullmatch(offered) else uuid7().hex
        request_id.set(current_id)
        status = 500

        async def send_on(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] += [*SECURITY_HEADERS, (b"x-request-id", current_id.encode())]
            await send(message)

        if refusal := _refusal(scope["path"], headers):
            await _refuse(send_on, refusal)
        else:
            await self.app(scope, receive, send_on)
        _log(scope, status, time.perf_counter() - started, current_id)


def _refusal(path: str, headers: dict[bytes, bytes]) -> int:
    """Return the status for a request that goes no further, or 0."""
    if headers.get(b"host") not in HOSTS or "\0" in path or b"transfer-encoding" in headers:
        return 400
    if headers.get(b"x-forwarded-proto") != b"https":
        return 403
    return 413 if int(headers.get(b"content-length", 0)) > MAX_BODY_BYTES else 0


async def _refuse(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _log(scope: Any, status: int, seconds: float, current_id: str) -> None:
    path = ADDRESS.sub("[address]", SECRET.sub(r"\1[redacted]", scope["path"]))
    line = {
        "time": time.strftime("%Y-%m-%d %H:%M:%S"),
        "level": "INFO",
        "logger": "latchkey.access",
        "message": f"{scope['method']} {path} {status}",
        "method": scope["method"],
        "path": path,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "request_id": current_id,
    }
    sys.stderr.write(orjson.dumps(line).decode() + "\n")
