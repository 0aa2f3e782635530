"""Metrics of requests, from the moment at which they wait for a thread until their response is complete."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Protocol, TypeVar

from config.http.routes import known_method, route_of
from config.monitoring.metrics import Counter, Durations, Level
from config.server.environ import Environ

REQUESTS = Counter("http_requests_total", "Requests, by route, method and status.", ["route", "method", "status"])
SECONDS = Durations(
    "http_request_duration_seconds",
    "Time of a request, with its wait for a thread and without the transfer of its body.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90),
)
IN_PROGRESS = Level("http_requests_in_progress", "Requests that wait for a thread or have one.")
GIVEN_UP = Counter("http_requests_given_up_total", "Requests without a response after 90 seconds.", ["route"])


class HasStatus(Protocol):
    @property
    def status(self) -> int: ...


Response = TypeVar("Response", bound=HasStatus)


def measured(
    answer: Callable[[Environ, float], Awaitable[Response]],
) -> Callable[[Environ, float], Awaitable[Response]]:
    """Return the coroutine function with metrics of its requests."""

    async def answer_measured(environ: Environ, seconds: float) -> Response:
        start = perf_counter()
        IN_PROGRESS.change(by=1)
        try:
            response = await answer(environ, seconds)
        finally:
            IN_PROGRESS.change(by=-1)
        route, method = route_of(environ), known_method(environ["REQUEST_METHOD"])
        REQUESTS.count(route, method, str(response.status))
        SECONDS.observe(perf_counter() - start, route, method)
        return response

    return answer_measured


def count_given_up(environ: Environ) -> None:
    GIVEN_UP.count(route_of(environ))
