"""NUL characters in query strings of pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.api.exception_handler import is_api_path


class NullCharacterMiddleware:
    """Replace NUL characters by blanks: PostgreSQL raises an error for text that contains them.

    The API is left out: it rejects such parameters with 400. Forms reject them field by field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query and not is_api_path(request.path):
            request.META["QUERY_STRING"] = query.replace("%00", "+")
        return self.get_response(request)
