"""Pages for what no view answers: a problem document under `/v2/`, a page in words elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.api.problems import problem

WORDS = {
    400: ("BAD_REQUEST", "The request could not be understood."),
    403: ("FORBIDDEN", "That is not allowed."),
    404: ("NOT_FOUND", "There is nothing here."),
    500: ("INTERNAL_ERROR", "Something went wrong on our side. It has been noted."),
}


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/v2/"):
        return problem(status, *WORDS[status])
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)
