"""Pages where members of staff change their password, or choose one by a link."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.login_throttle import serialize_logins
from companies.models import User
from companies.passwords.forms import ChangePasswordForm, ChoosePasswordForm
from companies.staff_log import log_staff
from config.exceptions import DomainError

DEAD_LINK = gettext_lazy(
    "This link was used already, or it is older than 24 hours. Log in with your new password, or ask an administrator "
    "for a new link."
)


class ChangePasswordView(PasswordChangeView):
    form_class = ChangePasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        log_staff(self.request, "password change", username=form.user.get_username())
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        if "old_password" in form.errors:
            log_staff(self.request, "password change", username=form.user.get_username(), passed=False)
        return super().form_invalid(form)


def change_password(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    view: Any = ChangePasswordView.as_view(extra_context=context)
    if request.method == "POST":
        return serialize_logins(request, cast(User, request.user).get_username(), lambda: view(request))
    response: HttpResponse = view(request)
    return response


class ChoosePasswordView(PasswordResetConfirmView):
    """Django's page of a password link, for a password that was withdrawn."""

    form_class = ChoosePasswordForm
    template_name = "admin/choose_password.html"
    success_url = reverse_lazy("admin:login")
    title = gettext_lazy("Choose a new password")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # the page belongs to the link, not to a member who is logged in
        hidden = {"has_permission": False, "available_apps": [], "is_nav_sidebar_enabled": False, "member": self.user}
        return admin.site.each_context(self.request) | super().get_context_data(**kwargs) | hidden

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if self.validlink:
            return super().render_to_response(context, **kwargs)
        messages.error(self.request, DEAD_LINK)
        return redirect("admin:login")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response = super().form_valid(form)
        except DomainError as error:
            form.add_error(None, error.detail)
            return self.form_invalid(form)
        log_staff(self.request, "new password", username=form.user.get_username())
        messages.success(self.request, _("Your new password is saved. Log in with it."))
        return response


choose_password = ChoosePasswordView.as_view()
