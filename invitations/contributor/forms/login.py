"""How one logs in at the provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.text import get_text_list
from django.views.decorators.debug import sensitive_variables

from config.exceptions import InvalidField
from connections.models import Connection, Datasource, ExtraCredential
from connections.services.credentials import Credentials, with_questions
from invitations.contributor.forms.questions import PLAIN, QuestionsForm, secret_field

KEEP = "Leave empty to keep what was given before."
# of a code by text message nobody can make the next one
NO_CODES = (
    "Codes that come by text message, phone or email cannot be used: choose an authenticator app at the provider’s own "
    "site, and give its key."
)
KEEP_ANSWERS = "Leave empty to keep the answers that were given before; new ones replace all of them."
# what belongs together, as the form shows it
EXTRAS = (("account_number",), ("security_question", "security_answer"), ("authenticator_seed",))


class LoginForm(QuestionsForm):
    """User name, password, and what else the provider asks for; of a `connection`, what its provider asks for.

    User name and password are typed again each time; an extra that is stored stays when it is left empty, unless the
    last check found it wanting. `form_id` names this form: posted twice, it is saved once. Nothing secret is ever
    put back into the page.
    """

    form_id = forms.UUIDField(
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
    account_number = secret_field("Account number", max_length=100, in_sight=True)
    authenticator_seed = secret_field(
        "Authenticator key",
        help_text="The text key that the provider shows beside the QR code when an authenticator app is set up.",
    )
    field_order = ("form_id", "username", "password", "account_number")

    def __init__(self, data: Any = None, *, connection: Connection | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"form_id": uuid4(), **kwargs.get("initial", {})}
        super().__init__(data, **kwargs)
        self.connection = connection
        self.asking: Datasource | None = None
        if connection:
            self._ask_again(connection)

    @contextmanager
    def showing_refusals(self) -> Iterator[None]:
        """What a service refuses inside is an error of this form, on the field that it names."""
        try:
            yield
        except InvalidField as refusal:
            # what may be filled in at several places is missed at the first
            name = "account_number" if refusal.field == ("extras",) else str(refusal.field[0])
            self.add_error(name if name in self.fields else None, refusal.detail)

    @property
    @sensitive_variables()
    def credentials(self) -> Credentials:
        """What was typed. Only of a form that is valid."""
        said = self.cleaned_data
        names = ("username", "password", *ExtraCredential.values)
        typed: dict[str, Any] = {name: said[name] for name in names if said.get(name)}
        answers = self.answers
        if any(pair["question"] for pair in answers):
            typed |= with_questions(answers)
        elif answers:
            typed["security_answer"] = answers[0]["answer"]
        return cast(Credentials, typed)

    @property
    def demanded_extras(self) -> list[forms.BoundField]:
        """What must be filled in beside user name and password; before an answer, its question."""
        return self._extras(are_demanded=True)

    @property
    def other_extras(self) -> list[forms.BoundField]:
        """What not every provider asks for, and this one, as far as is known, does not."""
        return self._extras(are_demanded=False)

    @property
    def asks_for_more(self) -> bool:
        """Whether some of what need not be filled in has been, or is what the last check wanted."""
        others = self.other_extras
        typed = any(field.errors or field.value() for field in others)
        return typed or self.needs_some_extra or (self["security_answer"] in others and self.has_more_questions)

    @property
    def forgets(self) -> str:
        """Says what was typed and is not put back into the page; empty for nothing."""
        secrets = [field for field in self if isinstance(field.field.widget, forms.PasswordInput) and field.data]
        what = get_text_list([str(field.label).lower() for field in secrets], "and")
        them = "them" if len(secrets) > 1 else "it"
        return f"For your safety we did not keep the {what}. Please type {them} again." if secrets else ""

    @property
    def needs_some_extra(self) -> bool:
        return self.connection is not None and self.connection.needs_some_extra

    @property
    def asked_for(self) -> str:
        """What the provider is known to ask for and was not given yet, in words; empty for nothing."""
        wanted = self.asking.asks_for if self.asking else ()
        labels = [str(self[name].label).lower() for name in wanted if self.fields[name].required]
        return get_text_list(labels, "and")

    def _ask_again(self, connection: Connection) -> None:
        """Ask for what is missing or found wanting; say of the rest that it is kept."""
        self.asking = connection.datasource
        kept = connection.credential.kept_extras - set(connection.stale_extras)
        demanded = {*connection.stale_extras, *(connection.datasource.asks_for if connection.datasource else ())}
        if ExtraCredential.AUTHENTICATOR_SEED in connection.stale_extras:
            field = self.fields["authenticator_seed"]
            field.help_text = f"{field.help_text} {NO_CODES}"
        for name in ExtraCredential.values:
            if name in kept:
                field, words = self.fields[name], KEEP_ANSWERS if name == "security_answer" else KEEP
                field.help_text = f"{field.help_text} {words}".strip()
            elif name in demanded:
                self._demand(name)

    def _extras(self, *, are_demanded: bool) -> list[forms.BoundField]:
        groups = [names for names in EXTRAS if any(self.fields[name].required for name in names) == are_demanded]
        return [self[name] for names in groups for name in names]

    def _demand(self, name: str, *, insists: bool = True) -> None:
        field = self.fields[name]
        field.required = True
        field.widget.insists = insists
        field.error_messages["required"] = f"Your provider asks for this: {str(field.label).lower()}."
