"""Django's CSRF protection, also for browsers that withhold the origin."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware


class CsrfMiddleware(CsrfViewMiddleware):
    """Accept `Sec-Fetch-Site: same-origin` in place of an origin that the browser withholds.

    Extensions may force `no-referrer`. Browsers then post forms with `Origin: null` (Fetch standard, "append a request
    Origin header"), which Django rejects. Pages cannot forge `Sec-Fetch-Site`. The token is still checked.
    """

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        if request.method not in getattr(callback, "methods", (request.method,)):
            return None  # the view answers with 405
        is_withheld = request.META.get("HTTP_ORIGIN") == "null"
        if is_withheld and request.headers.get("Sec-Fetch-Site") == "same-origin":
            request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
        return super().process_view(request, callback, callback_args, callback_kwargs)
