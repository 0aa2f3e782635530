"""Prefilled fields of the contributor's form, and locks on them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.models import Site
from config.form_fields import AddressInput, CountryField
from connections.models import Datasource, UtilityType
from invitations.admin.create.sections import Section
from invitations.admin.fields import AddressField, LoginPageField
from invitations.models import InvitationType
from invitations.models.prefill import Prefill

# names of the service: names of the form
NAMES = {
    "datasource_id": "provider",
    "url": "url",
    "country": "country",
    "initial_sites": "sites",
    "utility_types": "utility_types",
    "connection_owner_email": "owner_email",
    "data_collection_start_date": "start_date",
}
PREFILL = Section(
    "prefill",
    _("Prefilled fields"),
    tuple(NAMES.values()),
    is_optional=True,
    when=f"invitation_type={InvitationType.CREATE_CONNECTION.value}",
    hint=_("The contributor finds these fields filled in."),
)


def _lock() -> forms.BooleanField:
    return forms.BooleanField(required=False, label=_("The contributor cannot change this"))


class PrefillForm(forms.Form):
    """Every field is optional. `lock_<name>`: the contributor cannot change the field."""

    provider = forms.ModelChoiceField(
        Datasource.objects.all(),
        required=False,
        label=_("Provider"),
        help_text=_("The utility company of the account."),
        error_messages={"invalid_choice": _("Choose a provider from the catalogue.")},
    )
    url = LoginPageField(
        required=False,
        max_length=4000,
        label=_("Login page"),
        help_text=_("Only if the provider is not in the catalogue."),
    )
    country = CountryField(required=False, label=_("Country"), empty=_("Not given"))
    sites = forms.ModelMultipleChoiceField(
        Site.objects.none(),
        required=False,
        label=_("Sites"),
        help_text=_("Sites of the company that the account serves."),
        error_messages={"invalid_choice": _("Choose from the sites of the company.")},
    )
    utility_types = forms.MultipleChoiceField(
        required=False,
        choices=UtilityType.choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("Utility types"),
    )
    owner_email = AddressField(
        required=False,
        max_length=500,
        label=_("Account owner"),
        help_text=_("Email address of the owner of the account."),
        widget=AddressInput(attrs={"autocomplete": "off"}),
    )
    start_date = forms.DateField(
        required=False,
        label=_("Collect data from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date such as 2026-01-31.")},
    )
    lock_provider = _lock()
    lock_country = _lock()
    lock_sites = _lock()
    lock_utility_types = _lock()
    lock_owner_email = _lock()
    lock_start_date = _lock()

    @property
    def prefilled_names(self) -> list[str]:
        return [name for name in NAMES.values() if self.cleaned_data.get(name)]

    @property
    def prefill(self) -> Prefill | None:
        """The prefill of a valid form, None if it is empty. Raises what `Prefill` raises."""
        cleaned, locked = self.cleaned_data, self.locked_fields
        if not self.prefilled_names and not locked:
            return None
        values: dict[str, Any] = {field: cleaned[name] or None for field, name in NAMES.items()}
        values["datasource_id"] = cleaned["provider"] and cleaned["provider"].pk
        values["initial_sites"] = tuple(sorted(site.pk for site in cleaned["sites"]))
        values["utility_types"] = tuple(cleaned["utility_types"])
        return Prefill(**values, locked_fields=tuple(locked))

    @property
    def locked_fields(self) -> list[str]:
        """Locked fields by the names of the service. Provider and login page share one lock."""
        cleaned = self.cleaned_data
        locked = [field for field, name in NAMES.items() if cleaned.get(f"lock_{name}")]
        if cleaned.get("lock_provider") and cleaned.get("url") and not cleaned.get("provider"):
            locked[locked.index("datasource_id")] = "url"
        return locked
