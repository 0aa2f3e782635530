"""What surrounds every request: an id, one line in the log, and calm when the database is away."""

import ipaddress
import logging
import re
import time
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from uuid_utils.compat import uuid7

from config.api import problems
from config.context import request_id
from config.privacy import keep_private

access_log = logging.getLogger("latchkey.access")

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    """Gives the request its id and its line in the access log.

    A caller's own `X-Request-Id` is kept when it is plain; the answer carries it in any case.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-Id", "")
        identity = offered if ACCEPTABLE_ID.fullmatch(offered) else uuid7().hex
        token = request_id.set(identity)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = identity
            _log(request, response, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A database that is away is a 503 with `Retry-After`, not an error of ours."""
        if not isinstance(error, (OperationalError, InterfaceError)):
            return None
        logging.getLogger("latchkey").error("the database does not answer: %s", type(error).__name__)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 in the words of whoever asks: a problem document for programs, a page for people."""
    if problems.is_for_programs(request.path):
        return problems.unavailable()
    page = keep_private(render(request, "503.html", status=503))
    page["Retry-After"] = problems.RETRY_AFTER_SECONDS
    return page


def client_address(request: HttpRequest) -> str:
    """The address of whoever asks, past `TRUSTED_PROXIES` proxies and not one more."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest) -> str:
    """What limits count by: an IPv4 address, or the /64 of an IPv6 one, whose owner has all the addresses in it."""
    address = client_address(request)
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known.packed, 64), strict=False))


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    access_log.info(
        "%s %s %s",
        request.method,
        request.path,
        response.status_code,
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
        },
    )
