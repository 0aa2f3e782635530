"""The form with which staff invite, whatever for."""

from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from uuid_utils.compat import uuid7

from companies.actors import Actor
from companies.models import Company, User
from config.exceptions import DomainError, InvalidField
from connections.models import Connection
from invitations.admin.create.offers import Offers, label
from invitations.admin.create.prefill import NAMES, PrefillForm
from invitations.admin.create.terms import TOO_FAR_OFF, TermsForm
from invitations.models import Invitation, InvitationType
from invitations.services.form_idempotency import INCOMPLETE
from invitations.services.invitations import (
    create_invitation,
    create_repair_invitation,
    draft_invitation,
    draft_repair_invitation,
)

TYPES = [
    (InvitationType.CREATE_CONNECTION, "Connect a new account"),
    (InvitationType.EDIT_CONNECTION, "Repair a connection whose login no longer works"),
]
# from top to bottom: so the summary tells what is wrong
ORDER = (
    "company",
    "invitation_type",
    "connection",
    "allowed_emails",
    "expires",
    "expires_on",
    "uses",
    "max_uses",
    "message",
    *NAMES.values(),
    "redirect_url",
    "external_id",
    "metadata",
    "locale",
)
CHOOSE_A_COMPANY = {"required": "Choose a company.", "invalid_choice": "Choose one of the companies."}
# the fields in which one chooses, and what from
OFFERED = {
    "company": "company",
    "connection": "connection",
    "provider": "provider",
    "sites": "site",
    "redirect_url": "redirect",
}


class InvitingForm(TermsForm, PrefillForm):
    """Company first: connections, sites and redirects are those of the company that is chosen.

    Bound but not `checked`, it keeps what was typed and says nothing of it. What `find_…` asks for is offered.
    `form_id` names this form: sent twice, it makes one invitation.
    """

    form_id = forms.UUIDField(
        widget=forms.HiddenInput, error_messages=dict.fromkeys(("required", "invalid"), INCOMPLETE)
    )
    company = forms.ModelChoiceField(
        Company.objects.none(),
        error_messages=CHOOSE_A_COMPANY,
    )
    invitation_type = forms.ChoiceField(
        choices=TYPES, initial=InvitationType.CREATE_CONNECTION, widget=forms.RadioSelect, label="What for"
    )
    connection = forms.ModelChoiceField(
        Connection.objects.none(),
        required=False,
        label="Connection to repair",
        help_text="One of the company’s.",
        error_messages={"invalid_choice": "Choose one of the company’s connections."},
    )
    field_order = ORDER
    find_company = forms.CharField(required=False, label="Find a company")
    find_connection = forms.CharField(required=False, label="Find a connection")
    find_provider = forms.CharField(required=False, label="Find a provider")
    find_sites = forms.CharField(required=False, label="Find sites")

    def __init__(
        self, user: User, data: Any = None, *, initial: dict[str, Any] | None = None, checked: bool = True
    ) -> None:
        super().__init__(data, initial={"form_id": uuid7()} | (initial or {}))
        self.user, self.checked = user, checked
        self.offers = Offers(user, None)
        self.offers.company = self._chosen_company()
        for name, kind in OFFERED.items():
            self._offer(name, kind)

    @property
    def offered_company(self) -> Company | None:
        """Whose sites, connections and redirects are offered."""
        return self.offers.company

    @property
    def has_prefill(self) -> bool:
        """Whether something is filled in beforehand, or looked for, or wrong with it."""
        return self._says_something(*PrefillForm.base_fields, "find_provider", "find_sites")

    @property
    def has_records(self) -> bool:
        return self._says_something("redirect_url", "external_id", "metadata", "locale")

    def full_clean(self) -> None:
        if self.checked:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(), {}

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("invitation_type") == InvitationType.EDIT_CONNECTION:
            if "connection" in said and not said["connection"]:
                self.add_error("connection", "Choose the connection to repair.")
            for name in self.filled_in:
                self.add_error(name, "A repair has nothing filled in: the connection knows it. Leave this empty.")
        elif said.get("connection"):
            self.add_error("connection", "Leave this empty, or choose above to repair a connection.")
        return said

    def demand_addresses(self) -> bool:
        """Whether there is somebody to mail it to; if not, that is an error."""
        if not any(not email.startswith("*") for email in self.cleaned_data["allowed_emails"]):
            self.add_error("allowed_emails", "Enter whom to mail it to, or choose “Only make the link”.")
        return self.is_valid()

    def invite(self, *, send_email: bool) -> Invitation:
        """Only of a form that is valid."""
        how = {"by": Actor.staff(self.user), "form_id": self.cleaned_data["form_id"], "send_email": send_email}
        if connection := self.cleaned_data["connection"]:
            return create_repair_invitation(connection, **how, **self.terms)
        return create_invitation(self.cleaned_data["company"], prefill=self.prefill, **how, **self.terms)

    def draft(self) -> Invitation:
        """What `invite` would make, stored nowhere. Only of a form that is valid."""
        if connection := self.cleaned_data["connection"]:
            return draft_repair_invitation(connection, **self.terms)
        return draft_invitation(self.cleaned_data["company"], prefill=self.prefill, **self.terms)

    def refuse(self, refusal: DomainError) -> None:
        """Say what the service refused, on the field that it names."""
        path = refusal.field if isinstance(refusal, InvalidField) else ()
        match path:
            case ("prefill", "locked_fields", int(index)):
                self.add_error(NAMES[self.locked[index]], "To lock this, fill it in.")
            case ("prefill", "url") if self.cleaned_data.get("provider"):
                self.add_error("url", "Choose a provider or give a login page, and not both.")
            case ("prefill", name, *_):
                self.add_error(NAMES[str(name)], refusal.detail)
            case ("expires_at",):
                self.add_error("expires_on", TOO_FAR_OFF)
            case (name, *_) if name in self.fields:
                self.add_error(str(name), refusal.detail)
            case _:
                self.add_error(None, refusal.detail)

    def _says_something(self, *names: str) -> bool:
        return any(self[name].value() or self[name].errors for name in names)

    def _chosen_company(self) -> Company | None:
        try:
            return self.offers.all("company").filter(pk=self["company"].value() or None).first()
        except forms.ValidationError:  # no id at all
            return None

    def _offer(self, name: str, kind: str) -> None:
        """What is chosen, and a page of what else may be: without JavaScript, that is all there is to choose from."""
        field: Any = self.fields[name]
        field.widget.attrs |= {"class": "admin-autocomplete", "data-kind": kind}
        if kind == "redirect":
            field.choices = [("", "Nowhere"), *((url, url) for url in self.offers.redirects)]
            return
        found, _ = self.offers.find(kind, self._term(name))
        field.queryset = self.offers.all(kind)
        chosen = [(str(row.pk), label(row)) for row in self._chosen(name, field)]
        empty = [] if name == "sites" else [("", "Nothing chosen")]
        known = {pk for pk, _ in chosen}
        field.widget.choices = [*empty, *chosen, *(offer for offer in found if offer.id not in known)]

    def _term(self, name: str) -> str:
        return str(self.data.get(f"find_{name}", "")) if self.is_bound else ""

    def _chosen(self, name: str, field: Any) -> list[Any]:
        value = self[name].value()
        values = value if isinstance(value, list) else [value]
        try:
            return list(field.queryset.filter(pk__in=[each for each in values if each]))
        except forms.ValidationError:  # some are no ids
            return []
