"""The form to connect an account, with the prefilled and locked fields of the invitation."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.addresses import normalize_address
from config.exceptions import InvalidField
from config.form_fields import AddressInput, CountryField, SharedChoices, TypedCharField
from connections.models import UtilityType
from connections.services.details import check_start_date
from invitations.contributor.forms.consent import ConsentForm
from invitations.contributor.forms.kept import initial_of_draft
from invitations.contributor.forms.login import LoginForm
from invitations.contributor.forms.provider import ProviderForm
from invitations.contributor.forms.questions import INCOMPLETE
from invitations.contributor.forms.second_time import SecondTimeForm
from invitations.contributor.forms.sites import SiteNamesField, prefilled_sites, site_fields
from invitations.models import EmailProof, Invitation
from invitations.services.accounts import Account
from invitations.services.form_drafts import KeptForm
from invitations.services.redemption import prefilled_datasource

FIELDS_OF_LOCKS = {
    "datasource_id": ("provider", "datasource"),
    "url": ("provider", "datasource"),
    "initial_sites": ("sites",),
    "utility_types": ("utility_types",),
    "country": ("country",),
    "connection_owner_email": ("owner_email",),
    "data_collection_start_date": ("collection_start_date",),
}
SITE_FIELDS = {"all_sites", "sites"}


class ConnectForm(ConsentForm, SecondTimeForm, ProviderForm):
    """The account and its login."""

    country = CountryField(required=False, label=_("Country"), empty=_("Choose a country"))
    utility_types = forms.MultipleChoiceField(
        required=False,
        choices=SharedChoices(UtilityType.choices),
        widget=forms.CheckboxSelectMultiple,
        label=_("Kind of utility"),
    )
    owner_email = TypedCharField(
        required=False,
        max_length=500,
        label=_("Email of the account’s owner"),
        help_text=_("If there are questions about the account."),
        widget=AddressInput,
    )
    collection_start_date = forms.DateField(
        required=False,
        label=_("Collect data from"),
        help_text=_("Leave empty to start with the oldest data there is."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date like 2026-01-31.")},
    )
    # as on the page, so that the list of errors has the same order
    field_order = (
        "form_id",
        "provider",
        "datasource",
        "country",
        "all_sites",
        "sites",
        "utility_types",
        "owner_email",
        "collection_start_date",
        *LoginForm.field_order[1:],
    )

    def __init__(
        self,
        invitation: Invitation,
        data: Any = None,
        *,
        proof: EmailProof | None = None,
        draft: KeptForm | None = None,
    ) -> None:
        self.draft = draft
        locked = {name for lock in invitation.prefilled.locked_fields for name in FIELDS_OF_LOCKS[lock]}
        initial = _initial(invitation, proof) | (initial_of_draft(draft, locked=locked) if draft else {})
        super().__init__(data, initial=initial, proof=proof)
        self.invitation = invitation
        self.locked_by = invitation.company.partner.name
        self.fields["provider"].widget.attrs |= {
            "data-search-url": "providers",  # relative to the page and the link it was opened by
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        if data is None or invitation.prefilled.initial_sites or not data.keys().isdisjoint(SITE_FIELDS):
            self.offer_sites()
        self._demand_for(self.initial["datasource"], is_certain=invitation.prefilled.locks_provider)
        for name in locked & self.fields.keys():
            self.fields[name].disabled = True
        if draft or "shown_draft" in (data or ()):
            self._name_draft()

    def _name_draft(self) -> None:
        """Add the field that names the draft with which the form was opened, so that this form replaces it."""
        initial = self.draft and self.draft.form_id
        messages = {"invalid": INCOMPLETE}
        self.fields["shown_draft"] = forms.UUIDField(
            required=False, widget=forms.HiddenInput, initial=initial, error_messages=messages
        )
        sites = self.fields.get("sites")
        if isinstance(sites, SiteNamesField) and isinstance(self.initial["sites"], list):
            self.initial["sites"] = "\n".join(map(str, self.initial["sites"]))

    def offer_sites(self) -> None:
        """Add the fields of sites. A form without sites needs them only to be shown again."""
        if self.fields.keys().isdisjoint(SITE_FIELDS):
            self.fields |= site_fields(self.invitation)
            self.order_fields(self.field_order)

    def clean_owner_email(self) -> str | None:
        address = self.cleaned_data["owner_email"]
        try:
            return normalize_address(address) if address else None
        except InvalidField:
            raise forms.ValidationError(_("Enter an address like name@example.com.")) from None

    def clean_collection_start_date(self) -> date | None:
        day: date | None = self.cleaned_data["collection_start_date"]
        try:
            return check_start_date(day) if day else None
        except InvalidField as error:
            raise forms.ValidationError(error.detail) from None

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("provider") and not self.fields["provider"].disabled:
            self._find_provider(self.cleaned_data["provider"].strip())
            self._require_extras(self.cleaned_data.get("datasource"))
        sites = self.fields.get("sites")
        if self.cleaned_data.get("all_sites") and isinstance(sites, SiteNamesField):
            self.errors.pop("sites", None)
            self.cleaned_data["sites"] = sites.names.sites
        return self.cleaned_data

    @property
    def provider_name(self) -> str:
        return self.account.provider_name

    @property
    def account(self) -> Account:
        """The account of a valid form."""
        data = self.cleaned_data
        return Account(
            datasource=data.get("datasource"),
            url=data.get("url"),
            country=data["country"] or None,
            sites=tuple(data.get("sites") or ()),
            utility_types=tuple(data["utility_types"]),
            owner_email=data["owner_email"],
            collection_start_date=data["collection_start_date"],
        )


def _initial(invitation: Invitation, proof: EmailProof | None) -> dict[str, Any]:
    prefill = invitation.prefilled
    datasource = prefilled_datasource(prefill)
    return {
        "datasource": datasource,
        "provider": datasource.name if datasource else prefill.url,
        "country": prefill.country or (datasource.country if datasource else None),
        "sites": list(prefilled_sites(invitation)) if prefill.initial_sites else [],
        "utility_types": list(prefill.utility_types),
        "owner_email": prefill.connection_owner_email or (proof and proof.email),
        "collection_start_date": prefill.data_collection_start_date,
    }
