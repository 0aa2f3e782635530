"""Liveness and readiness probes for load balancers."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache

from config.http.static_files import NOT_COLLECTED, are_static_files_collected
from config.worker_health import find_stall

LIVENESS_PATH = "/healthz"
KEY_IS_MISSING = "The newest secret of the database was encrypted with a key that is not in ENCRYPTION_KEYS."


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
    """200 if static files, all migrations and the keys of stored secrets are there, else 503 with the reason."""
    try:
        obstacle = find_obstacle()
    except (DatabaseError, InterfaceError):
        return _not_ready("The database does not respond.")
    return _not_ready(obstacle) if obstacle else JsonResponse({"status": "ready"})


def find_obstacle() -> str | None:
    """Return why this process cannot serve, or None. Raises a database error if the database does not respond."""
    if not are_static_files_collected():
        return NOT_COLLECTED
    if missing := known_migrations() - MigrationRecorder(connection).applied_migrations().keys():
        return f"{len(missing)} migrations have not been applied."
    return None if import_string(settings.KEYRING_CHECK)() else KEY_IS_MISSING


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
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return every migration of this code. Cached, because anyone may call the probe."""
    return frozenset(MigrationLoader(None).graph.nodes)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    LIVENESS_PATH: healthz,
    "/readyz": readyz,
    "/healthz/worker": worker_health,
}


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"status": "not ready", "reason": reason}, status=503, headers={"Retry-After": "5"})
