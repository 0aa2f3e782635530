"""The admin with our login: locked against guessing, and open only to whoever has passed the second factor."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from companies.forms.login import LoginForm
from companies.login_throttle import serialize_logins
from companies.recent_actions import recent_actions
from companies.staff_log import log_staff
from companies.views.second_factor import (
    is_verified,
    may_set_up,
    second_factor,
    second_factor_code,
    second_factor_off,
    second_factor_recovery,
    second_factor_setup,
    waiting_room,
)


class StaffSite(AdminSite):
    """Every page asks `has_permission`, and that asks for the second factor."""

    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return self.knows(request) and is_verified(request)

    def knows(self, request: HttpRequest) -> bool:
        """Whether a member of staff has given their password."""
        return super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            answer = serialize_logins(request, lambda: super(StaffSite, self).login(request, extra_context))
            passed = answer.status_code == HTTPStatus.FOUND
            log_staff(request, "login", username=request.POST.get("username", ""), passed=passed)
            return answer
        if self.knows(request) and not is_verified(request):
            return redirect(waiting_room(request))
        return super().login(request, extra_context)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        if request.method == "POST" and request.user.is_authenticated:
            log_staff(request, "logout", username=request.user.get_username())
        return super().logout(request, extra_context)

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """With the recent actions that are still open to whoever asks."""
        return super().index(request, {"log_entries": recent_actions(self, request)} | (extra_context or {}))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> TemplateResponse:
        """Titled with what it is about, and nothing more."""
        title = {"title": apps.get_app_config(app_label).verbose_name}
        return super().app_index(request, app_label, title | (extra_context or {}))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Titled like the link to it."""
        return super().password_change(request, {"title": "Change password"} | (extra_context or {}))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Whoever is half way in may leave."""
        if view == self.logout:
            return never_cache(csrf_protect(view))
        return super().admin_view(view, cacheable)

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Callable[..., Any]) -> Any:
            return path(f"second-factor/{route}", view, name=view.__name__)

        # Django's way from a row to its page on the site, which nothing here has, takes every id for a number
        return [
            page("", self.after_password(may_set_up, second_factor)),
            page("setup/", self.after_password(may_set_up, second_factor_setup)),
            page("code/", self.after_password(lambda request: True, second_factor_code)),
            page("recovery/", self.admin_view(second_factor_recovery)),
            page("off/", self.admin_view(second_factor_off)),
            *(each for each in super().get_urls() if getattr(each, "name", None) != "view_on_site"),
        ]

    def after_password(
        self, allowed: Callable[[HttpRequest], bool], view: Callable[[HttpRequest], HttpResponse]
    ) -> Callable[[HttpRequest], HttpResponseBase]:
        """A page on the way in: for staff who have given their password and are `allowed`."""

        @wraps(view)
        def inner(request: HttpRequest) -> HttpResponseBase:
            if not self.knows(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            return view(request) if allowed(request) else redirect(waiting_room(request))

        return never_cache(csrf_protect(inner))
