"""Development answers this machine and its local network only."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config.env import is_local_host
from config.http.client_address import client_address

REFUSAL = "DEBUG is on, so only this machine and its local network are answered. Set DEBUG=off and the keys."


class LocalClientsMiddleware:
    """Refuse clients on the internet, with any `Host` that they send: the keys may be publicly known.

    It stands before `ProxyMiddleware`, and looks at the address of the connection.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = client_address(request)
        if address and not is_local_host(address):
            return HttpResponse(REFUSAL, status=403, content_type="text/plain")
        return self.get_response(request)
