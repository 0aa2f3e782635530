from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from companies.login_throttle import is_own_password
from companies.models import User
from config.exceptions import DomainError


class CodeInput(forms.TextInput):
    """Input that stays empty after an error: each code works once."""

    def format_value(self, value: Any) -> None:
        return None


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=200,
        label=_("Code"),
        help_text=_("Six digits from your authenticator app."),
        widget=CodeInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}
        ),
    )
    refusal: DomainError | None = None

    @sensitive_variables()
    def submit(self, service: Callable[..., Any], user: User) -> Any:
        """Return what the service returns, or None with an error on the form. An unbound form gives None."""
        if not self.is_valid():
            return None
        try:
            return service(user, code=self.cleaned_data["code"])
        except DomainError as error:
            self.refusal = error
            self.add_error("code", error.detail)
            return None


class LoginCodeForm(CodeForm):
    """Accepts a recovery code, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("Six digits from your authenticator app, or one of your recovery codes.")
        self.fields["code"].widget.attrs.pop("inputmode")


class PasswordForm(forms.Form):
    """Password of the logged-in user. Wrong ones count towards the lockout, as at the login."""

    password = forms.CharField(
        strip=False,
        max_length=4096,
        label=_("Your password"),
        help_text=_("To confirm that it is you."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self.request = request

    @sensitive_variables()
    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not is_own_password(self.request, password):
            raise forms.ValidationError(_("This is not your password."))
        return password
