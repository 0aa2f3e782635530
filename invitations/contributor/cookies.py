"""Cookies of the contributor's pages.

Each cookie belongs to one flow, so that tabs never overwrite each other's. All together are bounded, because proxies
answer 400 to requests with long headers.
"""

from typing import Any

from django.conf import settings
from django.core.signing import b62_encode
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# browsers and proxies accept 4 KiB; the rest is for session, CSRF and responses that arrive at the same time
MAX_BYTES = 3 * 1024
PREFIXES = ("address-", "draft-", "proof-", "result-")
PATH = "/p/i/"


def set_cookie(response: HttpResponse, name: str, value: str, **options: Any) -> None:
    """Set a cookie for the contributor's pages. Scripts cannot read it. It needs TLS if the site has TLS."""
    stamp = b62_encode(int(timezone.now().timestamp() * 1000))
    options |= {"path": PATH, "secure": settings.SECURE, "httponly": True, "samesite": "Lax"}
    response.set_cookie(name, f"{stamp}.{value}", **options)


def read_cookie(request: HttpRequest, name: str) -> str:
    """Return the newest value, or an empty string.

    A browser sends two if the page in a frame set one (`config.http.framing`), and the site around it is our own.
    """
    pairs = (pair.strip().partition("=") for pair in request.META.get("HTTP_COOKIE", "").split(";"))
    sent = [value for key, _, value in pairs if key == name]
    return max(sent, key=_age_key, default="").rpartition(".")[2]


def delete_cookie(response: HttpResponse, name: str) -> None:
    response.delete_cookie(name, path=PATH, samesite="Lax")


def delete_oldest_cookies(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Delete the oldest cookies of these pages beyond `MAX_BYTES`. Returns `response`."""
    changed = {name: morsel.value for name, morsel in response.cookies.items()}
    held = {name: value for name, value in (request.COOKIES | changed).items() if value and name.startswith(PREFIXES)}
    size = sum(len(f"{name}={value}; ") for name, value in held.items())
    for name in sorted(held, key=lambda name: _age_key(held[name])):
        if size <= MAX_BYTES:
            break
        delete_cookie(response, name)
        size -= len(f"{name}={held[name]}; ")
    return response


def _age_key(value: str) -> tuple[int, str]:
    """Sort key: the time of the cookie. Values without one, from an earlier version, are the oldest."""
    stamp = value.rpartition(".")[0]
    return len(stamp), stamp
