"""A second factor beside the password: asked for at the login, set up, renewed and turned off by its owner."""

from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from companies.exceptions import OTPThrottled
from companies.forms.second_factor import CodeForm, LoginCodeForm, PasswordForm
from companies.login_throttle import serialize_logins
from companies.models import Authenticator, User
from companies.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    key_in_words,
    otp_url,
    pass_second_factor,
    renew_recovery_codes,
    turn_off_second_factor,
)
from companies.staff_log import log_staff
from config.qr import draw_qr

PASSED = "second_factor"
acts_on_post = require_http_methods(["GET", "HEAD", "POST"])


def is_verified(request: HttpRequest) -> bool:
    """Whether whoever is logged in has shown all that is asked of them: nothing of the admin is open before."""
    user: Any = request.user
    if user.authenticator_id is None:
        return bool(settings.STAFF_SECOND_FACTOR != "required")
    return bool(request.session.get(PASSED) == str(user.authenticator_id))


def may_set_up(request: HttpRequest) -> bool:
    """Whoever is settled, and whoever must set up a second factor before anything else."""
    user: Any = request.user
    return user.authenticator_id is None or is_verified(request)


def waiting_room(request: HttpRequest) -> str:
    """Where somebody who is not settled goes first, with where they wanted to go."""
    name = "second_factor" if may_set_up(request) else "second_factor_code"
    return _address(request, name)


@acts_on_post
@sensitive_post_parameters()
def second_factor_code(request: HttpRequest) -> HttpResponse:
    """After the password."""
    if may_set_up(request):
        return redirect(next_page(request))
    form = LoginCodeForm(_posted(request))
    authenticator = form.give_to(pass_second_factor, _user(request)) if request.method == "POST" else None
    if authenticator is None:
        if request.method == "POST":
            log_staff(request, "second factor", username=_user(request).get_username(), passed=False)
        return _page(request, "code", form, title="Enter your code")
    _settle(request, authenticator)
    return redirect(next_page(request))


@acts_on_post
@sensitive_post_parameters()
def second_factor(request: HttpRequest) -> HttpResponse:
    """How things stand; with the password, setting up begins."""
    if request.method == "POST":
        return serialize_logins(request, lambda: _begin(request))
    return _how_things_stand(request, PasswordForm(request))


@acts_on_post
@sensitive_post_parameters()
@sensitive_variables()
def second_factor_setup(request: HttpRequest) -> HttpResponse:
    """The key for the app; a code of the app confirms it, and the answer shows the recovery codes."""
    user = _user(request)
    begun = user.begun_authenticators.first()
    if begun is None or not begun.is_fresh:
        return redirect("admin:second_factor")
    form = CodeForm(_posted(request))
    codes = form.give_to(confirm_second_factor, user) if request.method == "POST" else None
    if codes is None:
        shown = {"qr": _qr(otp_url(begun)), "key": key_in_words(begun)}
        return _page(request, "setup", form, title="Set up your authenticator app", **shown)
    _settle(request, begun)
    return _page(request, "codes", form, title="Keep your recovery codes", codes=codes)


@acts_on_post
@sensitive_post_parameters()
@sensitive_variables()
def second_factor_recovery(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown by the answer itself: they are put into no session, cookie or address."""
    if _user(request).authenticator_id is None:
        return redirect("admin:second_factor")
    form = CodeForm(_posted(request))
    codes = form.give_to(renew_recovery_codes, _user(request)) if request.method == "POST" else None
    if codes is None:
        return _page(request, "recovery", form, title="Make new recovery codes")
    return _page(request, "codes", form, title="Keep your recovery codes", codes=codes)


@acts_on_post
@sensitive_post_parameters()
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Back to the password alone."""
    if _user(request).authenticator_id is None:
        return redirect("admin:second_factor")
    form = LoginCodeForm(_posted(request))
    done = form.give_to(turn_off_second_factor, _user(request)) if request.method == "POST" else None
    if done is None:
        return _page(request, "off", form, title="Turn off the second factor")
    request.session.pop(PASSED, None)
    return redirect("admin:second_factor")


def next_page(request: HttpRequest) -> str:
    """Where they wanted to go, if that is here; else the overview."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("admin:index")


def _begin(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request, request.POST)
    if not form.is_valid():
        return _how_things_stand(request, form)
    begin_second_factor(_user(request))
    return redirect(_address(request, "second_factor_setup"))


def _how_things_stand(request: HttpRequest, form: Form) -> HttpResponse:
    authenticator = _user(request).authenticator
    unused = authenticator.recovery_codes.filter(used_at=None).count() if authenticator else 0
    return _page(request, "second_factor", form, title="Second factor", authenticator=authenticator, unused=unused)


def _page(request: HttpRequest, name: str, form: Any, *, title: str, **shown: Any) -> HttpResponse:
    """Without the admin around it, for whoever may not see that yet; 429 when there were too many codes."""
    site = admin.site.each_context(request)
    if not site["has_permission"]:
        site |= {"available_apps": [], "is_nav_sidebar_enabled": False, "log_entries": None}
    required = settings.STAFF_SECOND_FACTOR == "required"
    known = {"title": title, "form": form, "required": required, REDIRECT_FIELD_NAME: next_page(request)}
    refused = getattr(form, "refused", None)
    status = refused.status if isinstance(refused, OTPThrottled) else 200
    response = TemplateResponse(request, f"admin/second_factor/{name}.html", site | known | shown, status=status)
    if isinstance(refused, OTPThrottled) and refused.retry_after:
        response["Retry-After"] = str(refused.retry_after)
    return response


def _settle(request: HttpRequest, authenticator: Authenticator) -> None:
    """Nobody who knew the session before knows it now."""
    request.session.cycle_key()
    request.session[PASSED] = str(authenticator.pk)
    log_staff(request, "second factor", username=_user(request).get_username())


def _address(request: HttpRequest, name: str) -> str:
    return f"{reverse(f'admin:{name}')}?{urlencode({REDIRECT_FIELD_NAME: next_page(request)})}"


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _qr(text: str) -> SafeString:
    """To stand in the page itself: an address would keep the key in logs."""
    drawn = draw_qr(text, xmldecl=False, svgns=False, nl=False, svgclass="qr")
    return mark_safe(drawn)  # noqa: S308 - paths and numbers
