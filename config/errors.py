"""Pages for what no view answers: a problem document under `/v2/`, a page in words elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from config.api.problems import problem
from config.privacy import keep_private

WORDS = {
    400: ("BAD_REQUEST", "The request could not be understood."),
    403: ("FORBIDDEN", "That is not allowed."),
    404: ("NOT_FOUND", "There is nothing here."),
    500: ("INTERNAL_ERROR", "Something went wrong on our side. It has been noted."),
}


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/v2/"):
        return problem(status, *WORDS[status])
    return keep_private(render(request, f"{status}.html", status=status))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


@csrf_exempt
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that may not come from our page: 403, with what to do."""
    return keep_private(render(request, "403_csrf.html", status=403))
