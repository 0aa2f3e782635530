"""What the contributor finds filled in, and which of it stands fast."""

from typing import Any

from django import forms
from django_countries import countries

from companies.models import Site
from connections.models import Datasource, UtilityType
from invitations.models.prefill import Prefill

LOCK = "The contributor cannot change this"
# the form's names of what the service calls otherwise
NAMES = {
    "datasource_id": "provider",
    "url": "url",
    "country": "country",
    "initial_sites": "sites",
    "utility_types": "utility_types",
    "connection_owner_email": "owner_email",
    "data_collection_start_date": "start_date",
}


def _lock() -> forms.BooleanField:
    return forms.BooleanField(required=False, label=LOCK)


class PrefillForm(forms.Form):
    """Every field may stay empty; beside each stands whether the contributor may change it."""

    provider = forms.ModelChoiceField(
        Datasource.objects.all(),
        required=False,
        help_text="The utility whose account is connected.",
        error_messages={"invalid_choice": "Choose a provider of the catalogue."},
    )
    url = forms.URLField(
        required=False,
        max_length=500,
        assume_scheme="https",
        label="Or its login page",
        help_text="If the provider is not in the catalogue.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"invalid": "This is not the address of a web page that begins with https://."},
    )
    country = forms.ChoiceField(required=False, choices=[("", "Not given"), *countries])
    sites = forms.ModelMultipleChoiceField(
        Site.objects.none(),
        required=False,
        help_text="The places of the company that the account serves.",
        error_messages={"invalid_choice": "Choose from the company’s sites."},
    )
    utility_types = forms.MultipleChoiceField(
        required=False,
        choices=UtilityType.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Kind of utility",
    )
    owner_email = forms.CharField(
        required=False,
        max_length=254,
        label="Email of the account’s owner",
        widget=forms.EmailInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    start_date = forms.DateField(
        required=False,
        label="Collect data from",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date like 2026-01-31."},
    )
    lock_provider = _lock()
    lock_country = _lock()
    lock_sites = _lock()
    lock_utility_types = _lock()
    lock_owner_email = _lock()
    lock_start_date = _lock()

    @property
    def filled_in(self) -> list[str]:
        """The fields with a value."""
        return [name for name in NAMES.values() if self.cleaned_data.get(name)]

    @property
    def prefill(self) -> Prefill | None:
        """What was filled in and locked. Only of a form that is valid; refuses what `Prefill` refuses."""
        said = self.cleaned_data
        if not self.filled_in and not self.locked:
            return None
        values: dict[str, Any] = {service: said[name] or None for service, name in NAMES.items()}
        values["datasource_id"] = said["provider"] and said["provider"].pk
        values["initial_sites"] = tuple(sorted(site.pk for site in said["sites"]))
        values["utility_types"] = tuple(said["utility_types"])
        return Prefill(**values, locked_fields=tuple(self.locked))

    @property
    def locked(self) -> list[str]:
        """What is locked, in the names of the service; provider and login page have one lock between them."""
        said = self.cleaned_data
        locked = [service for service, name in NAMES.items() if said.get(f"lock_{name}")]
        if said.get("lock_provider") and said.get("url") and not said.get("provider"):
            locked[locked.index("datasource_id")] = "url"
        return locked
