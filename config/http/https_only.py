"""Plain http is no way to call the API."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.api.exception_handler import is_api_path, problem

KEY_WAS_SENT = " The API key of this request was sent unencrypted: replace it."


class HttpsOnlyMiddleware:
    """Refuse API requests over http, which Django would redirect.

    Clients repeat a redirected POST as a GET: it "succeeds" with a list, and the key was sent in the clear twice.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and is_api_path(request.path) and not request.is_secure():
            return problem(403, *_refusal(has_key="X-API-KEY" in request.headers))
        return self.get_response(request)


def _refusal(*, has_key: bool) -> tuple[str, str]:
    detail = f"Use https. This request came over http and was not carried out. The API is at {settings.PUBLIC_URL}/v2."
    return "HTTPS_REQUIRED", detail + (KEY_WAS_SENT if has_key else "")
