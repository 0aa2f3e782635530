from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.forms import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.login_throttle import is_own_password


class ChangePasswordForm(AdminPasswordChangeForm):
    """Wrong old passwords count towards the lockout, as at the login."""

    def __init__(self, user: Any, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request

    @sensitive_variables()
    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if not is_own_password(self.request, password):
            raise ValidationError(_("This is not your old password. Enter it again."), code="password_incorrect")
        return password
