"""The code of an app, and the password once more."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from companies.models import User
from config.exceptions import DomainError


class CodeInput(forms.TextInput):
    """Empty again after a mistake: another code is wanted."""

    def format_value(self, value: Any) -> None:
        return None


class CodeForm(forms.Form):
    """A code, for a service that takes one: what the service refuses is an error of the field."""

    code = forms.CharField(
        max_length=40,
        label="Code",
        help_text="Six digits, from your authenticator app.",
        widget=CodeInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}
        ),
    )
    refused: DomainError | None = None

    @sensitive_variables()
    def give_to(self, service: Callable[..., Any], user: User) -> Any:
        """What the service returns; None when the form does not hold or the service refuses."""
        if not self.is_valid():
            return None
        try:
            return service(user, code=self.cleaned_data["code"])
        except DomainError as refusal:
            self.refused = refusal
            self.add_error("code", refusal.detail)
            return None


class LoginCodeForm(CodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "Six digits from your authenticator app, or one of your recovery codes."
        self.fields["code"].widget.attrs.pop("inputmode")


class PasswordForm(forms.Form):
    """The password of whoever is logged in: checked, counted and locked like a login."""

    password = forms.CharField(
        strip=False,
        max_length=4096,
        label="Your password",
        help_text="To be sure that it is you.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self.request = request

    @sensitive_variables()
    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        known: Any = self.request.user
        if authenticate(self.request, username=known.get_username(), password=password) != known:
            raise forms.ValidationError("This is not your password.")
        return password
