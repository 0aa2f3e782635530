"""The page of a form that was rejected because no cookie came with it, or because it came from elsewhere."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import resolve

from companies import login_again
from config.exceptions import DomainError
from config.http.framing import allow_framing, is_framed
from config.http.headers import set_private_headers
from config.http.resumable import rejected_values
from invitations.contributor.request import find_request


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer as staff and others get it. In a frame the page is shown there, and leads out of it."""
    token = resolve(request.path_info).kwargs.get("token")
    if token and is_framed(request) and (response := _show_in_frame(request, token)):
        return response
    return login_again.csrf_failure(request, reason)


def _show_in_frame(http: HttpRequest, token: str) -> HttpResponseBase | None:
    """None for an unknown token, or too many of them."""
    try:
        request = find_request(http, token)
    except (Http404, DomainError):
        return None
    context = {
        "frame": request.frame,
        "invitation": request.invitation,
        "typed": rejected_values(http),
        # the same form would fail again here, but not in a tab of its own
        "leads_out": settings.CSRF_COOKIE_NAME not in http.COOKIES,
    }
    response = render(http, "403_csrf.html", context, status=403)
    return set_private_headers(allow_framing(response, request.framing_origins))
