"""URL pattern of a request, such as `/p/i/<str:token>`, for metrics and traces: a path may contain a token."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config.http.health import PROBES

ROUTE = "latchkey.route"
NO_ROUTE = "none"
# a client may send any word
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"


class RouteMiddleware:
    """Note the pattern in the environ of the request. Not used without metrics."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.METRICS_PORT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        assert request.resolver_match is not None  # noqa: S101 - Django calls this after it
        request.META[ROUTE] = f"/{request.resolver_match.route}"


def route_of(environ: dict[str, Any]) -> str:
    """Return the noted pattern, the path of a probe, `static`, or `none` for a request that was answered before."""
    if route := environ.get(ROUTE):
        return str(route)
    path: str = environ["PATH_INFO"]
    if path in PROBES:
        return path
    return "static" if path.startswith(settings.STATIC_URL) else NO_ROUTE


def known_method(method: str | None) -> str:
    """Return the method, or `other`."""
    return method if method in METHODS else OTHER_METHOD
