"""Proxies in front: what trusted ones report, and those that the settings do not know."""

import logging
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.http.client_address import forwarded_addresses, forwarded_schemes
from config.http.error_pages import unknown_proxy

logger = logging.getLogger("latchkey")

UNKNOWN_PROXY = (
    "A request came over http, but PUBLIC_URL is https. If a proxy in front speaks https, set TRUSTED_PROXIES to the "
    "number of proxies (it is 0). Until then visitors see an error, or are redirected without end."
)
NO_SCHEME = (
    "A request came over http, but PUBLIC_URL is https. TRUSTED_PROXIES is %s, and none of the proxies sent "
    "X-Forwarded-Proto. Let them send it. Until then visitors see an error, or are redirected without end."
)
OTHER_SCHEME = (
    "A client says that it uses https, but the proxies report http. TRUSTED_PROXIES is %s. Set it to the number of "
    "proxies, and let none of them replace the X-Forwarded-Proto of another. Until then visitors see an error."
)
FEW_ADDRESSES = (
    "TRUSTED_PROXIES is %s, but the X-Forwarded-For of a request has %s addresses. Set TRUSTED_PROXIES to the number "
    "of proxies, and let each of them append an address. Until then, clients may share a rate limit or evade it."
)


class ProxyMiddleware:
    """Set `REMOTE_ADDR` and the scheme of a request to what `TRUSTED_PROXIES` proxies report.

    It comes first, so that no other code reads the headers of proxies.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if proxies := settings.TRUSTED_PROXIES:
            if addresses := forwarded_addresses(request.META, proxies=proxies):
                request.META["REMOTE_ADDR"] = addresses[-1]
            if schemes := forwarded_schemes(request.META, proxies=proxies):
                request.META["wsgi.url_scheme"] = "https" if schemes[-1] == "https" else "http"
        return self.get_response(request)


class UnknownProxyMiddleware:
    """Warn of proxies that do not match the settings. Answer with a page where a redirect to https would never end.

    It comes after the probes, which need no proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies: int = settings.TRUSTED_PROXIES
        found = len(forwarded_addresses(request.META, proxies=proxies))
        if found < proxies:
            warn_once(FEW_ADDRESSES, proxies, found)
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            is_endless = is_visited_over_https(request)
            if not proxies:
                warn_once(UNKNOWN_PROXY)
            elif not forwarded_schemes(request.META, proxies=proxies):
                warn_once(NO_SCHEME, proxies)
            elif is_endless:
                warn_once(OTHER_SCHEME, proxies)
            if is_endless:
                return unknown_proxy(request)
        return self.get_response(request)


def is_visited_over_https(request: HttpRequest) -> bool:
    """True if the client says so itself. Not proven, but then another redirect to https does not help it.

    Browsers send `Sec-Fetch-Site` to https only (Fetch Metadata, 2), and to the machine itself.
    """
    said = request.headers.get("X-Forwarded-Proto", "") + request.headers.get("Forwarded", "")
    return "https" in said.lower() or "Sec-Fetch-Site" in request.headers


@cache
def warn_once(message: str, *values: int) -> None:
    """Log a warning, once for each process."""
    logger.warning(message, *values)
