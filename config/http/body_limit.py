"""How much may be sent: refused by the length that is announced, before a byte is read."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from config.http.error_pages import length_required, too_large

MAX_BODY_BYTES = 256 * 1024
View = TypeVar("View", bound=Callable[..., Any])


class BodyMiddleware:
    """Refuses a body that is over 256 KiB, and one that does not say how long it is.

    Of unknown length it would be read as no body, and an invitation for anyone made of it. It stands before whatever
    reads bodies: looking for the token of a form does, and a file in it lands on the disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if not (length.isascii() and length.isdigit()) or (chunked and not content_length(request)):
            return length_required(request)
        if is_large(request) and not getattr(view, "allow_large_body", False):
            return too_large(request)
        return None


def allow_large_body(view: View) -> View:
    """Marks a view that refuses what `is_large` itself, once it knows who asks."""
    view.allow_large_body = True  # type: ignore[attr-defined]
    return view


def is_large(request: HttpRequest) -> bool:
    """Whether more is announced than everybody may send."""
    return content_length(request) > MAX_BODY_BYTES


def content_length(request: HttpRequest) -> int:
    """How long the body is by its own account; past 19 digits it is the same to us."""
    return int(request.META.get("CONTENT_LENGTH", "").lstrip("0")[:19] or 0)
