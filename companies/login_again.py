"""A login that ended under a form: staff are told so, and after the next login the form shows what they typed."""

from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from companies.second_factor.views import next_url
from config.http import error_pages
from config.http.headers import set_private_headers
from config.http.kept_entries import KEPT_FIELD, keep_entries, store_entries


def ask_to_log_in_again(request: HttpRequest) -> HttpResponseBase | None:
    """The login page, with the entries of the posted form if it names its user. None if the user is logged in."""
    if request.method != "POST" or request.user.is_authenticated:
        return None
    if request.headers.get("Sec-Fetch-Dest") == "iframe":
        return _notice_in_frame(request)
    kept = keep_entries(request)
    if kept is None:  # a button, or an action of a list: its page cannot always be the URL of the form
        return _login_page(request, next=request.headers.get("Referer") or request.get_full_path(), is_unsent=True)
    return _login_page(
        request, next=kept.url, kept=kept.encrypted, is_too_long=kept.is_too_long, had_files=kept.had_files
    )


def log_in_and_upload_again(request: HttpRequest) -> HttpResponse:
    """Response to an upload without a login, whose body is not read."""
    response = _login_page(request, next=request.get_full_path(), is_upload=True)
    response.status_code = 413
    return response


def show_login_with_entries(request: HttpRequest) -> HttpResponse | None:
    """The login page, from the page of a locked login. None if the POST is a login."""
    if "username" in request.POST or KEPT_FIELD not in request.POST:
        return None
    response = _login_page(request, next=next_url(request), kept=request.POST[KEPT_FIELD])
    response.status_code = 200
    return response


def bring_back_entries(request: HttpRequest) -> None:
    """Put entries that waited in the login page into the new session."""
    encrypted = request.POST.get(KEPT_FIELD)
    if encrypted and not store_entries(request, encrypted):
        messages.warning(request, _("The form was sent for another member of staff, so its entries are not shown."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Page of a rejected form. In the admin the token usually ended with an earlier login, so entries are kept."""
    if not request.path.startswith(reverse("admin:index")):
        return error_pages.csrf_failure(request, reason)
    if request.path == reverse("admin:login"):
        return _failed_login(request)
    kept = keep_entries(request)
    if kept and store_entries(request, kept.encrypted):
        return redirect(kept.url)  # the user has logged in again, in another tab
    return ask_to_log_in_again(request) or set_private_headers(render(request, "admin/csrf_failure.html", status=403))


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"]})
def _notice_in_frame(request: HttpRequest) -> HttpResponse:
    """Page in place of a preview: the login page must not be framed."""
    return render(request, "admin/logged_out_frame.html", status=403)


def _failed_login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        bring_back_entries(request)
        return redirect(next_url(request))
    return _login_page(request, next=next_url(request), kept=request.POST.get(KEPT_FIELD), is_rejected=True)


def _login_page(request: HttpRequest, *, next: str, **context: Any) -> HttpResponse:
    site: Any = admin.site
    context |= site.each_context(request) | {
        "title": _("Log in"),
        "form": site.login_form(request),
        "app_path": reverse("admin:login"),
        "hours": settings.SESSION_COOKIE_AGE // 3600,
        REDIRECT_FIELD_NAME: next,
    }
    request.current_app = site.name
    return set_private_headers(render(request, "admin/login.html", context, status=403))
