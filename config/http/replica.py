"""Pages of staff from the replica. A member sees at once what they changed themselves."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.db import replica

SAFE_METHODS = ("GET", "HEAD")
PATH = "/admin/"
COOKIE = "written"
COOKIE_SECONDS = 60
NEVER_REACHED = 2**63 - 1


class WrittenMiddleware:
    """Keep the position of the last write of a member of staff in a cookie. Not used without a replica.

    A forged cookie concerns no page but those of its browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not replica.is_configured():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in SAFE_METHODS and request.path_info.startswith(PATH):
            response.set_cookie(
                COOKIE,
                str(_position()),
                max_age=COOKIE_SECONDS,
                path=PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response


def may_be_stale(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view whose GET may show what was true some seconds ago."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        respond = partial(view, request, *args, **kwargs)
        if request.method not in SAFE_METHODS or not replica.is_configured():
            return respond()
        return replica.read(lambda: _rendered(respond()), partial(written_by, request))

    return inner


def written_by(request: HttpRequest) -> int:
    """Return the position of the last write that the cookie tells, 0 for none."""
    value = request.COOKIES.get(COOKIE, "0")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 20 else NEVER_REACHED


def _position() -> int:
    try:
        return replica.current_position()
    except DatabaseError:
        return NEVER_REACHED


def _rendered(response: Any) -> HttpResponseBase:
    """Render a template response now, because rendering asks the database, too."""
    if callable(getattr(response, "render", None)):
        response.render()
    page: HttpResponseBase = response
    return page
