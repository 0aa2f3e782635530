"""Pages where members of staff change their password."""

from typing import Any, cast

from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy

from companies.login_throttle import serialize_logins
from companies.models import User
from companies.passwords.forms import ChangePasswordForm
from companies.staff_log import log_staff


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
