"""Django's protection of forms, on pages that send no Referer."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware


class CsrfMiddleware(CsrfViewMiddleware):
    """Takes `Sec-Fetch-Site: same-origin` for an origin that the browser withholds.

    A form on a page with `Referrer-Policy: no-referrer` is posted with `Origin: null` (Fetch standard, "append a
    request Origin header"), which Django refuses. Browsers say in `Sec-Fetch-Site` where a request comes from,
    and no page can forge it. The token is checked as ever.
    """

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        if request.method not in getattr(callback, "methods", (request.method,)):
            return None  # a method that the page itself refuses, whoever asks
        withheld = request.META.get("HTTP_ORIGIN") == "null"
        if withheld and request.headers.get("Sec-Fetch-Site") == "same-origin":
            request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
        return super().process_view(request, callback, callback_args, callback_kwargs)
