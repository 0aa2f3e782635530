"""Request ids, the access log, and the 503 while the database is away."""

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import quote

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from uuid_utils.compat import uuid7

from config.api import exception_handler
from config.db.errors import log_unavailable
from config.http.headers import set_private_headers
from config.http.resumable import typed_values
from config.request_id import request_id

access_log = logging.getLogger("latchkey.access")

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """Give each request an id and a line in the access log. A caller's own `X-Request-Id` is kept if it is plain."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.META.get("HTTP_X_REQUEST_ID", "")  # `request.headers` would collect all headers
        current_id = offered if ACCEPTABLE_ID.fullmatch(offered) else uuid7().hex
        token = request_id.set(current_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = current_id
            _log(request, response, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 with `Retry-After` while the database is away."""
        if not isinstance(error, (OperationalError, InterfaceError)):
            return None
        log_unavailable(error)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    if exception_handler.is_api_path(request.path):
        return exception_handler.unavailable()
    page = set_private_headers(render(request, "503.html", {"typed": typed_values(request)}, status=503))
    page["Retry-After"] = exception_handler.RETRY_AFTER_SECONDS
    return page


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    path = quote(request.path)  # a line break would begin another line, and end what is redacted
    access_log.info(
        "%s %s %s",
        request.method,
        path,
        response.status_code,
        extra={
            "method": request.method,
            "path": path,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
        },
    )
