"""Limits of request bodies, checked by `Content-Length` before a byte is read."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, UnreadablePostError

from config.http.error_pages import USUAL_LIMIT, incomplete_body, length_required, too_large

MAX_BODY_BYTES = USUAL_LIMIT
# set by the web server in the WSGI environ if it could not receive the body: the status of the response
BODY_ERROR = "latchkey.body_error"
View = TypeVar("View", bound=Callable[..., Any])


class BodyLimitMiddleware:
    """Reject bodies over 256 KiB with 413, bodies without a length with 411, and late ones with 408.

    A view may have a limit of its own.

    Django reads a body of unknown length as empty: an invitation without restrictions would be created. Our own web
    server always knows the length, so only other ones cause a 411, and the API does not document it.

    This comes before everything that reads bodies, such as the check of the CSRF token, which stores uploaded files on
    disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if status := request.META.get(BODY_ERROR):
            return incomplete_body(request, status)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not (length.isascii() and length.isdigit()) or (is_chunked and not content_length(request)):
            return length_required(request)
        limit = getattr(view, "body_limit", MAX_BODY_BYTES)
        if limit is not None and content_length(request) > limit:
            return too_large(request, limit)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 408 if a large body is late. If its client went away, it makes no difference."""
        return incomplete_body(request, 408) if isinstance(error, UnreadablePostError) else None


def allow_large_body(view: View) -> View:
    """Mark a view that calls `is_large` itself, after it has identified the user."""
    view.body_limit = None  # type: ignore[attr-defined]
    return view


def limit_body(view: View, *, to: int) -> View:
    """Set the limit of a view, which must identify the caller before it reads the body."""
    view.body_limit = to  # type: ignore[attr-defined]
    return view


def is_large(request: HttpRequest) -> bool:
    return content_length(request) > MAX_BODY_BYTES


def content_length(request: HttpRequest) -> int:
    """Return the announced length. Numbers over 19 digits are truncated: they are too large in any case."""
    return int(request.META.get("CONTENT_LENGTH", "").lstrip("0")[:19] or 0)
