"""Liveness and readiness probes for load balancers."""

from collections.abc import Callable
from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from config.http.static_files import NOT_COLLECTED, are_static_files_collected
from config.worker_health import find_stall

LIVENESS_PATH = "/healthz"


class HealthMiddleware:
    """Answer probes before the host is checked: they use an IP address or a machine's name as `Host`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info) if request.method in ("GET", "HEAD") else None
        return probe(request) if probe else self.get_response(request)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process responds. Does not use the database."""
    return JsonResponse({"status": "alive"})


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if static files are there and the database has every migration of this code, else 503 with the reason."""
    if not are_static_files_collected():
        return _not_ready(NOT_COLLECTED)
    try:
        missing = _migrations() - MigrationRecorder(connection).applied_migrations().keys()
    except (DatabaseError, InterfaceError):
        return _not_ready("The database does not respond.")
    if missing:
        return _not_ready(f"{len(missing)} migrations have not been applied.")
    return JsonResponse({"status": "ready"})


@never_cache
def worker_health(request: HttpRequest) -> HttpResponse:
    """200 while background jobs run, else 503 with the reason.

    For monitoring only. A load balancer must not use it: pages and API work without a worker.
    """
    try:
        stall = find_stall()
    except (DatabaseError, InterfaceError):
        return _not_ready("The database does not respond.")
    return _not_ready(str(stall)) if stall else JsonResponse({"status": "working"})


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Return every migration of this code. Cached, because anyone may call the probe."""
    return frozenset(MigrationLoader(None).graph.nodes)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    LIVENESS_PATH: healthz,
    "/readyz": readyz,
    "/healthz/worker": worker_health,
}


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"status": "not ready", "reason": reason}, status=503, headers={"Retry-After": "5"})
