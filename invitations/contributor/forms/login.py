"""The form for the login at a provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.text import format_lazy, get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from config.exceptions import InvalidField
from config.form_fields import TypedCharField, UncutCharField
from connections.models import Connection, Datasource, ExtraCredential
from connections.services.credentials import Credentials, with_questions
from invitations.contributor.forms.consent import ConsentForm
from invitations.contributor.forms.questions import INCOMPLETE, PLAIN, QuestionsForm, secret_field
from invitations.contributor.forms.resumed import ResumedForm
from invitations.contributor.forms.second_time import SecondTimeForm
from invitations.contributor.provider_help import USER_NAME, ProviderHelp, help_for, username_label
from invitations.models import EmailProof
from invitations.services.rate_limits import hash_address, is_hash_of

KEEP = _("Leave empty to keep what was given before.")
KEEP_ANSWERS = _("Leave empty to keep the answers that were given before. New ones replace all of them.")
NO_CODES = _(
    "Codes that come by text message, phone or email cannot be used: choose an authenticator app at the provider’s own "
    "site, and give its key."
)
ASKED_FOR = _("Your provider asks for this.")
ANOTHER_ADDRESS = _(
    "Since you opened this page, %(email)s was verified in another tab. Send the form again to give the login with "
    "this address. To use the earlier one, open its link again."
)
# fields that the form shows together
EXTRAS = (("account_number",), ("security_question", "security_answer"), ("authenticator_seed",))


class LoginForm(ResumedForm, QuestionsForm):
    """User name, password and extras. With `connection`, what its provider asks for and what its last check missed.

    User name and password are always required. A stored extra stays when its field is empty, unless the last check
    found it stale. The same `form_id` is saved once. No secret is rendered back into the page.
    """

    form_id = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE})
    # address that this browser had verified when it opened the page, hashed
    verified = forms.CharField(required=False, widget=forms.HiddenInput)
    username = TypedCharField(
        max_length=254,
        label=USER_NAME,
        widget=forms.TextInput(attrs=PLAIN),
        error_messages={"required": _("Enter the user name you log in with.")},
    )
    password = UncutCharField(
        max_length=1000,
        strip=False,
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"data-reveal": True, "autocomplete": "off"}),
        error_messages={"required": _("Enter the password you log in with.")},
    )
    account_number = secret_field(_("Account number"), max_length=100, is_concealed=False)
    authenticator_seed = secret_field(
        _("Authenticator key"),
        help_text=_("The text key that the provider shows beside the QR code when an authenticator app is set up."),
    )
    field_order: tuple[str, ...] = ("form_id", "username", "password", "account_number")

    def __init__(
        self,
        data: Any = None,
        *,
        connection: Connection | None = None,
        proof: EmailProof | None = None,
        **kwargs: Any,
    ) -> None:
        self.proof = proof
        shown = {"form_id": uuid4(), "verified": hash_address(proof.email) if proof else ""}
        kwargs["initial"] = shown | kwargs.get("initial", {})
        super().__init__(data, **kwargs)
        self.connection = connection
        self.asking: Datasource | None = None
        if connection:
            self._ask_again(connection)

    def clean_verified(self) -> str:
        """Ask once more if this browser has verified another address since, in another tab."""
        given, current = self.cleaned_data["verified"], self.initial["verified"]
        if self.proof and given and not is_hash_of(given, self.proof.email):
            data: Any = self.data
            self.data = data = data.copy()
            data["verified"] = current
            raise forms.ValidationError(ANOTHER_ADDRESS, params={"email": self.proof.email})
        return str(current)

    @contextmanager
    def showing_refusals(self) -> Iterator[None]:
        """Turn the `InvalidField` of a service into an error of the field it names."""
        try:
            yield
        except InvalidField as error:
            # an extra that may be given in several fields is reported at the first
            name = "account_number" if error.field == ("extras",) else str(error.field[0])
            self.add_error(name if name in self.fields else None, error.detail)

    @property
    @sensitive_variables()
    def credentials(self) -> Credentials:
        """The login of a valid form."""
        data = self.cleaned_data
        names = ("username", "password", *ExtraCredential.values)
        typed: dict[str, Any] = {name: data[name] for name in names if data.get(name)}
        answers = self.answers
        if any(pair["question"] for pair in answers):
            typed |= with_questions(answers)
        elif answers:
            typed["security_answer"] = answers[0]["answer"]
        return cast(Credentials, typed)

    @property
    def demanded_extras(self) -> list[forms.BoundField]:
        """Required fields beside user name and password. The question stands before its answer."""
        return self._extras(are_demanded=True)

    @property
    def other_extras(self) -> list[forms.BoundField]:
        """Optional fields that the provider is not known to ask for."""
        return self._extras(are_demanded=False)

    @property
    def asks_for_more(self) -> bool:
        """True if `other_extras` has input, or the last check missed one of them."""
        others = self.other_extras
        typed = any(field.errors or field.value() for field in others)
        return typed or self.needs_some_extra or (self["security_answer"] in others and self.has_more_questions)

    @property
    def emptied(self) -> str:
        """Message that names the secret fields which are empty again after an error; empty if there are none."""
        secrets = [field for field in self if isinstance(field.field.widget, forms.PasswordInput) and field.data]
        if not secrets:
            return ""
        message = gettext("For your safety, please type this again: %(fields)s.")
        return message % {"fields": _listed(secrets)}

    @property
    def needs_some_extra(self) -> bool:
        """True if the last check missed an extra that the provider does not name."""
        return self.connection is not None and self.connection.needs_some_extra

    @property
    def asked_for(self) -> str:
        """Labels of the required fields that the provider is known to ask for."""
        wanted = self.asking.asks_for if self.asking else ()
        return _listed([self[name] for name in wanted if self.fields[name].required])

    @property
    def provider_help(self) -> ProviderHelp | None:
        return help_for(self.asking)

    def _ask_for(self, datasource: Datasource | None) -> None:
        """Take the provider that the login is for, and name the user name as its login page does."""
        self.asking = datasource
        self["username"].label = username_label(datasource)
        if datasource and datasource.login_with:
            self.fields["username"].error_messages["required"] = ASKED_FOR

    def _ask_again(self, connection: Connection) -> None:
        """Require missing and stale extras. The help texts of the others say that they are kept."""
        self._ask_for(connection.datasource)
        kept = connection.credential.kept_extras - set(connection.stale_extras)
        demanded = {*connection.stale_extras, *(connection.datasource.asks_for if connection.datasource else ())}
        if ExtraCredential.AUTHENTICATOR_SEED in connection.stale_extras:
            self._add_help("authenticator_seed", NO_CODES)
        for name in ExtraCredential.values:
            if name in kept:
                self._add_help(name, KEEP_ANSWERS if name == "security_answer" else KEEP)
            elif name in demanded:
                self._demand(name)

    def _add_help(self, name: str, text: Any) -> None:
        field = self.fields[name]
        field.help_text = format_lazy("{} {}", field.help_text, text) if field.help_text else text

    def _extras(self, *, are_demanded: bool) -> list[forms.BoundField]:
        groups = [names for names in EXTRAS if any(self.fields[name].required for name in names) == are_demanded]
        return [self[name] for names in groups for name in names]

    def _demand(self, name: str, *, in_browser: bool = True) -> None:
        """Require the field. With `in_browser`, the browser too stops a form in which it is empty."""
        field = self.fields[name]
        field.required = True
        field.widget.use_required = in_browser
        field.error_messages["required"] = ASKED_FOR


class RepairForm(ConsentForm, LoginForm):
    """A login for a connection that may have been made by another person."""


class CorrectionForm(SecondTimeForm, LoginForm):
    """A login that replaces the one with this `version`."""

    version = forms.IntegerField(
        required=False, widget=forms.HiddenInput, error_messages={"invalid": INCOMPLETE, "required": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, connection: Connection) -> None:
        super().__init__(data, connection=connection, initial={"version": connection.credential.version})
        self.provider_name = connection.provider_name


def _listed(fields: list[forms.BoundField]) -> str:
    return get_text_list([str(field.label) for field in fields], gettext("and"))
