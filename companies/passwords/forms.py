from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.forms import SetPasswordForm
from django.forms import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.login_throttle import is_own_password
from companies.models import User
from companies.services.passwords import check_new_password, choose_password
from config.exceptions import InvalidField


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


class ChoosePasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """New password in place of a withdrawn one."""

    @sensitive_variables()
    def clean_new_password1(self) -> str:
        password: str = self.cleaned_data["new_password1"]
        try:
            check_new_password(self.user, password)
        except InvalidField as error:
            raise ValidationError(error.detail, code=error.field_code) from None
        return password

    @sensitive_variables()
    def save(self, commit: bool = True) -> User:
        return choose_password(self.user, password=self.cleaned_data["new_password1"])
