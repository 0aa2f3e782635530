"""The language of a page: the one chosen on a page, else that of the invitation, else one that the browser accepts."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import activate, get_language, override

from config.languages import ENDONYMS, find_accepted_language, find_language
from invitations.contributor.cookies import read_cookie, set_cookie
from invitations.models import Invitation

PAGES = "/p/"
# of the cookie, and of the parameter in URLs and forms
LANGUAGE = "language"
COOKIE_AGE = 365 * 24 * 60 * 60


class LanguageMiddleware:
    """Give each contributor's page a language, and take it back afterwards: the thread next serves an API or staff.

    Error pages have no invitation. They use what the browser chose or accepts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PAGES):
            return self.get_response(request)
        request.offers_languages = True  # type: ignore[attr-defined]  # templates/base.html
        # not the one that is just chosen: the middleware behind this one has yet to check the request
        with override(_kept(request) or _accepted(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", get_language())
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        # only from the URL: the middleware behind this one limits the body
        if request.path_info.startswith(PAGES) and (chosen := request.GET.get(LANGUAGE)) in ENDONYMS:
            activate(chosen)


def activate_language(request: HttpRequest, invitation: Invitation) -> None:
    """Use the language of a page of this invitation until the end of the request."""
    chosen = _newly_chosen(request) or _kept(request)
    wanted = find_language(invitation.locale) if invitation.is_locale_chosen else None
    activate(chosen or wanted or _accepted(request))


def remember_language(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep the language that was just chosen on a page, in this browser."""
    if chosen := _newly_chosen(request):
        set_cookie(response, LANGUAGE, chosen, max_age=COOKIE_AGE)
    return response


def _kept(request: HttpRequest) -> str | None:
    kept = read_cookie(request, LANGUAGE)
    return kept if kept in ENDONYMS else None


def _newly_chosen(request: HttpRequest) -> str | None:
    posted = request.POST.get(LANGUAGE) if request.method == "POST" else None  # Django would parse an empty form
    chosen = posted or request.GET.get(LANGUAGE)
    return chosen if chosen in ENDONYMS else None


def _accepted(request: HttpRequest) -> str:
    return find_accepted_language(request.META.get("HTTP_ACCEPT_LANGUAGE", "")) or settings.LANGUAGE_CODE
