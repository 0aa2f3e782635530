"""Responses outside of views: a problem document under `/v2/`, a page elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.views.decorators.csrf import csrf_exempt

from config.api.exception_handler import is_api_path, problem
from config.http.headers import set_private_headers
from config.http.resumable import rejected_values

PATHS_ARE_EXACT = "Paths are lower-case, with single slashes and none at the end."
USUAL_LIMIT = 256 * 1024  # bytes
PROBLEMS = {
    400: ("BAD_REQUEST", "The request could not be understood."),
    403: ("FORBIDDEN", "Access denied."),
    404: ("NOT_FOUND", "Not found."),
    408: ("REQUEST_TIMEOUT", "The body did not arrive in time. Send the request again."),
    411: ("LENGTH_REQUIRED", "Send the body with a Content-Length."),
    413: ("BODY_TOO_LARGE", "The body is too large."),
    500: ("INTERNAL_ERROR", "Unexpected error on our side. It has been logged."),
}


def intended_path(path: str) -> str | None:
    """Return the path of the API that a misspelt one means: other slashes, blanks around it, or capital letters."""
    meant = "/" + "/".join(filter(None, (part.strip().lower() for part in path.split("/"))))
    return meant if meant != path and resolve(meant).func is not page_not_found else None


def _error(request: HttpRequest, status: int, *, template: str | None = None) -> HttpResponse:
    if is_api_path(request.path):
        return problem(status, *PROBLEMS[status])
    return set_private_headers(render(request, template or f"{status}.html", status=status))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403)


@csrf_exempt
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_api_path(request.path) and (meant := intended_path(request.path)):
        return problem(404, "NOT_FOUND", f"Not found. Did you mean {meant}? {PATHS_ARE_EXACT}")
    return _error(request, 404)


def incomplete_body(request: HttpRequest, status: int) -> HttpResponse:
    """The body was not read to its end, so the connection cannot be used again (RFC 9110, 15.5.9)."""
    response = _error(request, status)
    response["Connection"] = "close"
    return response


def length_required(request: HttpRequest) -> HttpResponse:
    return _error(request, 411, template="400.html")


def too_large(request: HttpRequest, limit: int = USUAL_LIMIT) -> HttpResponse:
    """`limit` is in bytes."""
    if is_api_path(request.path):
        # of a longer body in chunks, the server only reads the beginning
        hint = " Over 256 KiB, send its Content-Length." if limit > USUAL_LIMIT else ""
        return problem(413, "BODY_TOO_LARGE", f"The body may have at most {limit // 1024} KiB.{hint}")
    return _error(request, 413)


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


def unknown_proxy(request: HttpRequest) -> HttpResponse:
    if is_api_path(request.path):
        return problem(500, "INTERNAL_ERROR", "The server does not know its proxy. Its operator finds more in the log.")
    return set_private_headers(render(request, "unknown_proxy.html", status=500))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    page = render(request, "403_csrf.html", {"typed": rejected_values(request)}, status=403)
    return set_private_headers(page)
