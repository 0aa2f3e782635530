"""Pages of a member of staff's own second factor: enter a code, set up, renew recovery codes, turn off."""

from typing import Any, cast
from urllib.parse import urlencode

import django_otp
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from companies.exceptions import OTPThrottled
from companies.fresh_code import mark_fresh
from companies.known_clients import remember_client
from companies.login_throttle import serialize_logins
from companies.models import Authenticator, User
from companies.second_factor.forms import CodeForm, LoginCodeForm, PasswordForm
from companies.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    group_by_four,
    renew_recovery_codes,
    turn_off_second_factor,
    verify_second_factor,
)
from companies.staff_log import log_staff
from config.qr import draw_qr

TOO_MANY_WRONG_CODES = gettext_lazy(
    "Your app is blocked: someone who knows your password entered 100 wrong codes. Change your password now, then set "
    "up your app again on this page."
)

accept_get_and_post = require_http_methods(["GET", "HEAD", "POST"])


def is_verified(request: HttpRequest) -> bool:
    """True if the session has shown all that the login asks for. Without it no admin page opens."""
    user: Any = request.user
    return user.is_verified() or not needs_second_factor(user)


def needs_second_factor(user: User) -> bool:
    return settings.STAFF_SECOND_FACTOR == "required" or user.authenticator is not None


def may_set_up(request: HttpRequest) -> bool:
    """True if the session may set up an authenticator: also the first one, before anything else is open."""
    user: Any = request.user
    return user.is_verified() or user.authenticator is None


def otp_url(request: HttpRequest) -> str:
    """URL of the page that an unverified session must pass, with the page that was asked for as `next`."""
    return _url(request, "second_factor" if may_set_up(request) else "second_factor_code")


@accept_get_and_post
@sensitive_post_parameters()
def second_factor_code(request: HttpRequest) -> HttpResponse:
    if may_set_up(request):
        return redirect(next_url(request))
    form = LoginCodeForm(_posted(request))
    authenticator = form.submit(verify_second_factor, _user(request))
    if authenticator is None:
        if request.method == "POST":
            log_staff(request, "second factor", username=_user(request).get_username(), passed=False)
        return _page(request, "code", form, title=_("Enter your code"))
    _mark_verified(request, authenticator)
    if authenticator.is_closed:
        messages.warning(request, TOO_MANY_WRONG_CODES)
        return redirect("admin:second_factor")
    return remember_client(request, redirect(next_url(request)), _user(request))


@accept_get_and_post
@sensitive_post_parameters()
def second_factor(request: HttpRequest) -> HttpResponse:
    """Show the state. A POST with the password begins a setup."""
    if request.method == "POST":
        return serialize_logins(request, _user(request).get_username(), lambda: _begin(request))
    return _state_page(request, PasswordForm(request))


@accept_get_and_post
@sensitive_post_parameters()
@sensitive_variables()
def second_factor_setup(request: HttpRequest) -> HttpResponse:
    """Show the key. A POST with a code confirms it; only its response shows the recovery codes."""
    user = _user(request)
    begun = user.authenticators.filter(confirmed=False).first()
    if begun is None or not begun.is_fresh:
        return redirect("admin:second_factor")
    form = CodeForm(_posted(request))
    codes = form.submit(confirm_second_factor, user)
    if codes is None:
        # in the page itself: an image of its own would have the key in its address
        qr = mark_safe(draw_qr(begun.config_url, xmldecl=False, svgns=False, nl=False, svgclass="qr"))  # noqa: S308
        title = _("Set up your authenticator app")
        return _page(request, "setup", form, title=title, qr=qr, key=group_by_four(begun.base32_key))
    _mark_verified(request, begun)
    return remember_client(
        request, _page(request, "codes", form, title=_("Keep your recovery codes"), codes=codes), user
    )


@accept_get_and_post
@sensitive_post_parameters()
@sensitive_variables()
def second_factor_recovery(request: HttpRequest) -> HttpResponse:
    """Renew the recovery codes. Only the response to the POST shows them."""
    if _user(request).authenticator is None:
        return redirect("admin:second_factor")
    form = CodeForm(_posted(request))
    codes = form.submit(renew_recovery_codes, _user(request))
    if codes is None:
        return _page(request, "recovery", form, title=_("Make new recovery codes"))
    return _page(request, "codes", form, title=_("Keep your recovery codes"), codes=codes)


@accept_get_and_post
@sensitive_post_parameters()
def second_factor_off(request: HttpRequest) -> HttpResponse:
    if _user(request).authenticator is None:
        return redirect("admin:second_factor")
    form = LoginCodeForm(_posted(request))
    if form.submit(turn_off_second_factor, _user(request)) is None:
        return _page(request, "off", form, title=_("Turn off the second factor"))
    return redirect("admin:second_factor")


def next_url(request: HttpRequest) -> str:
    """URL that was asked for, if it is on this host; else the index."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    is_safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_safe else reverse("admin:index")


def _begin(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request, request.POST)
    if not form.is_valid():
        return _state_page(request, form)
    begin_second_factor(_user(request))
    return redirect(_url(request, "second_factor_setup"))


def _state_page(request: HttpRequest, form: Form) -> HttpResponse:
    authenticator = _user(request).authenticator
    unused = authenticator.recovery_codes.filter(used_at=None).count() if authenticator else 0
    return _page(request, "second_factor", form, title=_("Second factor"), authenticator=authenticator, unused=unused)


def _page(request: HttpRequest, name: str, form: Any, *, title: str, **context: Any) -> HttpResponse:
    """Render without the admin's navigation until the session is verified. Status 429 after too many codes."""
    site = admin.site.each_context(request)
    if not site["has_permission"]:
        site |= {"available_apps": [], "is_nav_sidebar_enabled": False, "log_entries": None}
    required = settings.STAFF_SECOND_FACTOR == "required"
    site |= {"title": title, "form": form, "required": required, REDIRECT_FIELD_NAME: next_url(request)}
    response = TemplateResponse(request, f"admin/second_factor/{name}.html", site | context)
    refusal = getattr(form, "refusal", None)
    if isinstance(refusal, OTPThrottled):
        response.status_code = refusal.status
        if refusal.retry_after:
            response["Retry-After"] = str(refusal.retry_after)
    return response


def _mark_verified(request: HttpRequest, authenticator: Authenticator) -> None:
    """Mark the session as verified and rotate its key, against session fixation."""
    request.session.cycle_key()
    django_otp.login(request, authenticator)
    mark_fresh(request)
    log_staff(request, "second factor", username=_user(request).get_username())


def _url(request: HttpRequest, name: str) -> str:
    return f"{reverse(f'admin:{name}')}?{urlencode({REDIRECT_FIELD_NAME: next_url(request)})}"


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
