"""Page of operators in the admin: queues, jobs that need help, and the state of the installation. For superusers."""

import os
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from config.db.errors import reason_of
from config.exceptions import DomainError
from config.operations.doctor import examine
from config.operations.jobs import drop_job, retry_job, troubled_jobs
from config.operations.queues import queue_figures
from config.operations.statements import CONNECTIONS, LARGEST_TABLES, LOCK_WAITS, OLDEST_TRANSACTION, WORKERS
from config.worker_health import LONGEST_SILENCE

PATIENCE = "SET LOCAL statement_timeout = '3s'"


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    _ensure_operator(request)
    context = admin.site.each_context(request) | {
        "title": _("Operations"),
        # it answers for itself if the database does not
        "findings": examine(offline=True),
        "queues": _ask(queue_figures),
        "jobs": _ask(troubled_jobs),
        "facts": _ask(_facts),
        "tables": _ask(LARGEST_TABLES.rows),
        "sections": [_ask(import_string(name)) for name in settings.OPERATOR_SECTIONS],
    }
    return TemplateResponse(request, "admin/operations/operations.html", context)


@require_http_methods(["POST"])
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    _ensure_operator(request)
    return _act(
        request, lambda: retry_job(job_id, by=cast(AbstractBaseUser, request.user)), _("A worker runs the job again.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
def drop(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask first: a dropped job is never run."""
    _ensure_operator(request)
    if request.method == "POST":
        return _act(
            request, lambda: drop_job(job_id, by=cast(AbstractBaseUser, request.user)), _("The job was dropped.")
        )
    title = _("Drop job %(id)s?") % {"id": job_id}
    return TemplateResponse(request, "admin/operations/drop.html", admin.site.each_context(request) | {"title": title})


def _ensure_operator(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


def _act(request: HttpRequest, act: Callable[[], None], outcome: str) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, outcome)
    return redirect("admin:operations")


def _ask(question: Callable[[], Any]) -> dict[str, Any]:
    """Return the `answer`, or the `error` for which this part of the page is missing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PATIENCE)
            return {"answer": question()}
    except (DatabaseError, InterfaceError) as error:
        return {"error": reason_of(error)}


def _facts() -> list[tuple[str, object]]:
    ((workers,),) = WORKERS.rows(silence=LONGEST_SILENCE)
    ((used, most),) = CONNECTIONS.rows()
    ((oldest,),) = OLDEST_TRANSACTION.rows()
    ((waits, _seconds),) = LOCK_WAITS.rows()
    version = connection.pg_version  # type: ignore[attr-defined]
    return [
        (_("Version"), os.environ.get("LATCHKEY_VERSION") or _("unknown: set LATCHKEY_VERSION")),
        (_("Workers alive"), workers),
        (_("PostgreSQL"), f"{version // 10000}.{version % 10000}"),
        (_("Connections in use"), _("%(used)s of %(most)s") % {"used": used, "most": most}),
        (_("Sessions that wait for a lock"), waits),
        (_("Oldest transaction"), _("%(seconds)s seconds") % {"seconds": round(oldest)}),
        (_("Encryption keys"), len(settings.KEYRING)),
        (_("Earlier secret keys"), len(settings.SECRET_KEY_FALLBACKS)),
    ]
