"""How one logs in at the provider."""

from typing import Any
from uuid import uuid4

from django import forms

from connections.models import Connection, ExtraCredential
from connections.services import Credentials
from connections.status import Status

# the provider has said that user name and password are not all it wants
WANTS_MORE = frozenset({Status.MFA_TOKEN_EXPIRED, Status.ADDITIONAL_CREDENTIALS_NEEDED})
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class SecretInput(forms.PasswordInput):
    """Shows what is being typed, and never what was: browsers take several password inputs for several logins."""

    input_type = "text"


class LoginForm(forms.Form):
    """User name, password, and what else the provider asks for; of a `connection`, what its provider asks for.

    `submission` names this form: posted twice, it is saved once. Nothing secret is ever put back into the page.
    """

    submission = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), "This page was not complete. Reload it, then try again."),
    )
    username = forms.CharField(
        max_length=254,
        label="User name",
        widget=forms.TextInput(attrs=PLAIN),
        error_messages={"required": "Enter the user name you log in with."},
    )
    password = forms.CharField(
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"data-reveal": True, "autocomplete": "off"}),
        error_messages={"required": "Enter the password you log in with."},
    )
    account_number = forms.CharField(
        max_length=100, required=False, label="Account number", widget=SecretInput(attrs=PLAIN)
    )
    security_answer = forms.CharField(
        max_length=254, required=False, label="Answer to the security question", widget=SecretInput(attrs=PLAIN)
    )
    authenticator_seed = forms.CharField(
        max_length=254,
        required=False,
        label="Authenticator key",
        help_text="The text key that the provider shows beside the QR code when an authenticator app is set up.",
        widget=SecretInput(attrs=PLAIN),
    )

    def __init__(self, data: Any = None, *, connection: Connection | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"submission": uuid4(), **kwargs.get("initial", {})}
        super().__init__(data, **kwargs)
        self.connection = connection
        for name in connection.datasource.asks_for if connection and connection.datasource else ():
            self._demand(name)

    @property
    def credentials(self) -> Credentials:
        """What was typed. Only of a form that is valid."""
        said = self.cleaned_data
        credentials = Credentials(username=said["username"], password=said["password"])
        for name in ExtraCredential.values:
            if said.get(name):
                credentials[name] = said[name]  # type: ignore[literal-required]
        return credentials

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        """What not every provider asks for."""
        return [self[name] for name in ExtraCredential.values]

    @property
    def asks_for_more(self) -> bool:
        """Whether some of `extra_fields` must be filled in, or have been, or are what the last check wanted."""
        if self.connection and self.connection.status in WANTS_MORE:
            return True
        return any(field.field.required or field.errors or field.value() for field in self.extra_fields)

    def _demand(self, name: str) -> None:
        field = self.fields[name]
        field.required = True
        field.error_messages["required"] = f"Your provider asks for this: {str(field.label).lower()}."
