"""Admin site with a throttled login and a second factor."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from companies.known_clients import remember_client
from companies.login_again import ask_to_log_in_again, bring_back_entries, show_login_with_entries
from companies.login_throttle import serialize_logins
from companies.models import User
from companies.passwords.views import change_password, choose_password
from companies.recent_actions import recent_actions
from companies.second_factor import views
from companies.second_factor.views import is_verified, may_set_up, needs_second_factor, otp_url
from companies.staff_log import log_staff
from config.http.kept_entries import KEPT_FIELD, drop_entries, kept_entries, owner_of_form
from config.http.replica import may_be_stale
from config.operations import views as operations

# the overview, lists, their exports, and choices: their GET may show what was true some seconds ago
MAY_BE_STALE = frozenset({"index", "changelist_view", "export_view", "autocomplete_view"})


class LoginForm(AdminAuthenticationForm):
    """Gives one error for an unknown account, a wrong password and an account that is not staff."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": gettext_lazy(
            "This email address and password do not belong to a member of staff. "
            "Check both; the password distinguishes capital and small letters."
        ),
    }


class StaffSite(AdminSite):
    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return self.is_password_verified(request) and is_verified(request)

    def is_password_verified(self, request: HttpRequest) -> bool:
        return super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            if page := show_login_with_entries(request):
                return page
            username = request.POST.get("username", "")
            context = {"kept": request.POST.get(KEPT_FIELD)} | (extra_context or {})
            answer = serialize_logins(request, username, lambda: super(StaffSite, self).login(request, context))
            passed = answer.status_code == HTTPStatus.FOUND
            log_staff(request, "login", username=username, passed=passed)
            if passed:
                bring_back_entries(request)
                if not needs_second_factor(user := cast(User, request.user)):
                    remember_client(request, answer, user)
            return answer
        if self.is_password_verified(request) and not is_verified(request):
            return redirect(otp_url(request))
        return super().login(request, extra_context)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        if request.method == "POST" and request.user.is_authenticated:
            log_staff(request, "logout", username=request.user.get_username())
        return super().logout(request, extra_context)

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        return super().index(request, {"recent_actions": recent_actions(self, request)} | (extra_context or {}))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> TemplateResponse:
        title = {"title": apps.get_app_config(app_label).verbose_name}
        return super().app_index(request, app_label, title | (extra_context or {}))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        context = self.each_context(request) | {"title": _("Change password")} | (extra_context or {})
        return change_password(request, context)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Allow logout before the second factor is verified."""
        if view == self.logout:
            return never_cache(csrf_protect(view))
        if getattr(view, "__name__", None) in MAY_BE_STALE:
            view = self._read_replica(view)
        return self._keep_entries(super().admin_view(view, cacheable))

    def _read_replica(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """Let the view read a replica, except for what the member may see."""
        stale = may_be_stale(view)

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            cast(User, request.user).company_limit  # noqa: B018 - reads and keeps it
            return stale(request, *args, **kwargs)

        return inner

    def each_context(self, request: HttpRequest) -> Any:
        entries = {"form_owner": owner_of_form(request), "kept_entries": kept_entries(request)}
        return super().each_context(request) | entries

    def _keep_entries(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """Keep what is posted to the view after the login has ended."""

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            drop_entries(request)
            return ask_to_log_in_again(request) or view(request, *args, **kwargs)

        return inner

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Callable[..., Any], name: str) -> Any:
            return path(f"second-factor/{route}", view, name=name)

        code = self.require_password(lambda request: True, views.second_factor_code)
        return [
            page("", self.require_password(may_set_up, views.second_factor), "second_factor"),
            page("setup/", self.require_password(may_set_up, views.second_factor_setup), "second_factor_setup"),
            page("code/", code, "second_factor_code"),
            page("recovery/", self.admin_view(views.second_factor_recovery), "second_factor_recovery"),
            page("off/", self.admin_view(views.second_factor_off), "second_factor_off"),
            path("operations/", self.admin_view(operations.operations), name="operations"),
            path("operations/jobs/<int:job_id>/retry/", self.admin_view(operations.retry), name="operations_retry"),
            path("operations/jobs/<int:job_id>/drop/", self.admin_view(operations.drop), name="operations_drop"),
            path("choose-password/<uidb64>/<token>/", choose_password, name="choose_password"),
            # Django's `view_on_site`, which no model here uses, fails on ids that are no integers
            *(each for each in super().get_urls() if getattr(each, "name", None) != "view_on_site"),
        ]

    def require_password(
        self, is_allowed: Callable[[HttpRequest], bool], view: Callable[[HttpRequest], HttpResponse]
    ) -> Callable[[HttpRequest], HttpResponseBase]:
        """Open a view before the second factor: for staff who gave their password and pass `is_allowed`."""

        @wraps(view)
        def inner(request: HttpRequest) -> HttpResponseBase:
            if not self.is_password_verified(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            return view(request) if is_allowed(request) else redirect(otp_url(request))

        return never_cache(csrf_protect(inner))
