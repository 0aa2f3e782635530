"""The form that creates an invitation."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from companies.actors import Actor
from companies.models import Company, User
from config.exceptions import DomainError, InvalidField
from connections.models import Connection
from invitations.admin.create.limits import TOO_FAR_OFF
from invitations.admin.create.offers import Offers, label, only_company
from invitations.admin.create.prefill import NAMES, PREFILL, PrefillForm
from invitations.admin.create.sections import BoundSection, Section, SectionField
from invitations.admin.create.shared_uses import SharedUsesField, SharedUsesMixin
from invitations.admin.create.terms import LIMITS, MESSAGE, RECORDS, TermsForm
from invitations.models import Invitation, InvitationType
from invitations.services.form_idempotency import INCOMPLETE
from invitations.services.invitations import (
    create_invitation,
    create_repair_invitation,
    draft_invitation,
    draft_repair_invitation,
)

TYPES = [
    (InvitationType.CREATE_CONNECTION, _("Connect a new account")),
    (InvitationType.EDIT_CONNECTION, _("Repair a connection whose login details no longer work")),
]
RECIPIENTS = Section(
    "recipients", _("Company and recipients"), ("company", "invitation_type", "connection", "allowed_emails")
)
# the order of the page, and of the errors in its summary
SECTIONS = (RECIPIENTS, LIMITS, MESSAGE, PREFILL, RECORDS)
CHOOSE_A_COMPANY = {"required": _("Choose a company."), "invalid_choice": _("Choose one of the companies.")}
# fields with a search: the kind of their offers
OFFERED = {
    "company": "company",
    "connection": "connection",
    "provider": "provider",
    "sites": "site",
    "redirect_url": "redirect",
}


class CreateInvitationForm(SharedUsesMixin, TermsForm, PrefillForm):
    """Offers the connections, sites and redirect URLs of the chosen company. The only company is chosen.

    Bound but not `checked`, the form keeps its input and reports no errors. `find_<name>` searches the offers of a
    field without JavaScript. `form_id` identifies the form: posted twice, it creates one invitation.
    """

    bound_field_class = SectionField
    field_order = [name for section in SECTIONS for name in section.names]
    form_id = forms.UUIDField(
        widget=forms.HiddenInput, error_messages=dict.fromkeys(("required", "invalid"), INCOMPLETE)
    )
    company = forms.ModelChoiceField(Company.objects.none(), label=_("Company"), error_messages=CHOOSE_A_COMPANY)
    invitation_type = forms.ChoiceField(
        choices=TYPES, initial=InvitationType.CREATE_CONNECTION, widget=forms.RadioSelect, label=_("Purpose")
    )
    connection = forms.ModelChoiceField(
        Connection.objects.none(),
        required=False,
        label=_("Connection to repair"),
        error_messages={"invalid_choice": _("Choose from the connections of the company.")},
        widget=forms.Select(attrs={"data-when": f"invitation_type={InvitationType.EDIT_CONNECTION.value}"}),
    )
    share_uses = SharedUsesField()
    find_company = forms.CharField(required=False, label=_("Find a company"))
    find_connection = forms.CharField(required=False, label=_("Find a connection"))
    find_provider = forms.CharField(required=False, label=_("Find a provider"))
    find_sites = forms.CharField(required=False, label=_("Find sites"))

    def __init__(
        self, user: User, data: Any = None, *, initial: dict[str, Any] | None = None, checked: bool = True
    ) -> None:
        super().__init__(data, initial={"form_id": uuid7()} | (initial or {}))
        self.user, self.checked = user, checked
        self.offers = Offers(user, None)
        if not self.is_bound and "company" not in self.initial:
            self.initial["company"] = only_company(user)
        self.offers.company = self._chosen_company()
        for name, kind in OFFERED.items():
            self._offer(name, kind)

    @property
    def sections(self) -> Iterator[BoundSection]:
        return (BoundSection(section, self) for section in SECTIONS)

    def full_clean(self) -> None:
        if self.checked:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(), {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("invitation_type") == InvitationType.EDIT_CONNECTION:
            if "connection" in cleaned and not cleaned["connection"]:
                self.add_error("connection", _("Choose the connection to repair."))
            for name in self.prefilled_names:
                self.add_error(name, _("Leave this empty: a repair has no prefilled fields."))
        elif cleaned.get("connection"):
            self.add_error("connection", _("Leave this empty, or choose “Repair a connection” above."))
        if {"uses", "max_uses"} <= cleaned.keys():
            self.ask_to_share_uses(cleaned.get("allowed_emails"), self.uses_limit)
        return cleaned

    def require_recipients(self) -> bool:
        """Add an error unless an address can be mailed. Return whether the form is valid."""
        if not any(not email.startswith("*") for email in self.cleaned_data["allowed_emails"]):
            self.add_error("allowed_emails", _("Enter an address to mail it to, or choose “Create link only”."))
        return self.is_valid()

    def create(self, *, send_email: bool) -> Invitation:
        """Create the invitation of a valid form. Raises the errors of the service."""
        how = {"by": Actor.staff(self.user), "form_id": self.cleaned_data["form_id"], "send_email": send_email}
        if connection := self.cleaned_data["connection"]:
            return create_repair_invitation(connection, **how, **self.terms)
        return create_invitation(self.cleaned_data["company"], prefill=self.prefill, **how, **self.terms)

    def draft(self) -> Invitation:
        """The invitation that `create` would make, not stored. Raises the errors of the service."""
        if connection := self.cleaned_data["connection"]:
            return draft_repair_invitation(connection, **self.terms)
        return draft_invitation(self.cleaned_data["company"], prefill=self.prefill, **self.terms)

    def add_service_error(self, error: DomainError) -> None:
        """Show an error of the service on the field that it names."""
        path = error.field if isinstance(error, InvalidField) else ()
        match path:
            case ("prefill", "locked_fields", int(index)):
                self.add_error(NAMES[self.locked_fields[index]], _("Fill this in, or do not lock it."))
            case ("prefill", "url") if self.cleaned_data.get("provider"):
                self.add_error("url", _("Choose a provider or enter a login page, not both."))
            case ("prefill", name, *_rest):
                self.add_error(NAMES[str(name)], error.detail)
            case ("expires_at",):
                self.add_error("expires_on", TOO_FAR_OFF)
            case (name, *_rest) if name in self.fields:
                self.add_error(str(name), error.detail)
            case _other:
                self.add_error(None, error.detail)

    def _chosen_company(self) -> Company | None:
        try:
            return self.offers.all("company").filter(pk=self["company"].value() or None).first()
        except forms.ValidationError:  # not a UUID
            return None

    def _offer(self, name: str, kind: str) -> None:
        """Offer the chosen rows and one page of others: without JavaScript there are no more."""
        field: Any = self.fields[name]
        field.widget.attrs |= {"class": "admin-autocomplete", "data-kind": kind}
        if kind == "redirect":
            field.choices = [("", _("None")), *((url, url) for url in self.offers.redirects)]
            return
        found, _more = self.offers.find(kind, self._search_term(name))
        field.queryset = self.offers.all(kind)
        chosen = [(str(row.pk), label(row)) for row in self._chosen(name, field)]
        empty = [] if name == "sites" else [("", _("None"))]
        known = {pk for pk, _text in chosen}
        field.widget.choices = [*empty, *chosen, *(offer for offer in found if offer.id not in known)]

    def _search_term(self, name: str) -> str:
        return str(self.data.get(f"find_{name}", "")) if self.is_bound else ""

    def _chosen(self, name: str, field: Any) -> list[Any]:
        value = self[name].value()
        values = value if isinstance(value, list) else [value]
        try:
            return list(field.queryset.filter(pk__in=[each for each in values if each]))
        except forms.ValidationError:  # not a UUID
            return []
