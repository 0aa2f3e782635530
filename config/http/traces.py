"""A span for each request."""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config.http.health import PROBES
from config.http.routes import NO_ROUTE, known_method
from config.monitoring.tracing import is_tracing_wanted, mark_failed, note_error, span, start_tracing


class TraceMiddleware:
    """Open a span with the method and the route. A trace that the caller names is not continued: it may be anyone's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not is_tracing_wanted():
            raise MiddlewareNotUsed
        start_tracing()
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in PROBES:
            return self.get_response(request)
        method = known_method(request.method)
        with span(method, "SERVER", http__request__method=method) as opened:
            response = self.get_response(request)
            if opened:
                route = f"/{request.resolver_match.route}" if request.resolver_match else NO_ROUTE
                opened.update_name(f"{method} {route}")
                opened.set_attribute("http.route", route)
                opened.set_attribute("http.response.status_code", response.status_code)
                opened.set_attribute("latchkey.request_id", response.headers.get("X-Request-Id", ""))
                if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    mark_failed(opened)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        note_error(error)
