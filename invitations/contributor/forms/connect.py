"""The contributor's form: shaped by the invitation, filled in beforehand, locked where the invitation says so."""

import re
from datetime import date
from typing import Any

from django import forms
from django_countries import countries

from companies.addresses import normalize_address
from companies.models import Site
from config.exceptions import InvalidField
from connections.models import Datasource, UtilityType
from connections.services.catalogue import check_provider_url
from connections.services.connections import check_start_date
from invitations.contributor.forms.login import LoginForm
from invitations.models import EmailProof, Invitation
from invitations.services.redemption import Account, prefilled_datasource

LOOKS_LIKE_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*:|^[^\s@]+\.[a-z]{2,}(/\S*)?$", re.IGNORECASE)
MAX_CANDIDATES = 12
FIELDS_OF_LOCKS = {
    "datasource_id": ("provider", "datasource"),
    "url": ("provider", "datasource"),
    "initial_sites": ("sites",),
    "utility_types": ("utility_types",),
    "country": ("country",),
    "connection_owner_email": ("owner_email",),
    "data_collection_start_date": ("collection_start_date",),
}


class ConnectForm(LoginForm):
    """Which account, and how to log in to it.

    `provider` takes a name of the catalogue or the address of a login page; a name that fits several providers
    brings up `datasource` as a choice. `form_id` names this form: posted twice, it is saved once.
    """

    datasource = forms.ModelChoiceField(
        Datasource.objects.all(),
        required=False,
        widget=forms.HiddenInput,
        label="Which one is yours?",
        error_messages={"invalid_choice": "Choose one of these."},
    )
    provider = forms.CharField(
        max_length=500,
        help_text="Type its name, or paste the address of its login page.",
        error_messages={"required": "Enter the name of your provider."},
    )
    country = forms.ChoiceField(required=False, choices=[("", "Choose a country"), *countries])
    sites = forms.ModelMultipleChoiceField(
        Site.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Places this account serves",
        error_messages={"invalid_choice": "Choose from these places."},
    )
    utility_types = forms.MultipleChoiceField(
        required=False,
        choices=UtilityType.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Kind of utility",
    )
    owner_email = forms.EmailField(
        required=False,
        max_length=254,
        label="Email of the account’s owner",
        help_text="If there are questions about the account.",
        error_messages={"invalid": "Enter an address like name@example.com."},
    )
    collection_start_date = forms.DateField(
        required=False,
        label="Collect data from",
        help_text="Leave empty to start with the oldest data there is.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date like 2026-01-31."},
    )

    def __init__(self, invitation: Invitation, data: Any = None, *, proof: EmailProof | None = None) -> None:
        super().__init__(data, initial=_initial(invitation, proof))
        self.locked_by = invitation.company.partner.name
        self.fields["provider"].widget.attrs |= {
            "data-search-url": "providers",  # beside the page, under whichever link it was opened
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        self._offer_sites(invitation)
        self._demand_for(self.initial["datasource"], is_certain=invitation.prefilled.locks_provider)
        for lock in invitation.prefilled.locked_fields:
            for name in FIELDS_OF_LOCKS[lock]:
                if name in self.fields:
                    self.fields[name].disabled = True

    def clean_owner_email(self) -> str | None:
        address = self.cleaned_data["owner_email"]
        try:
            return normalize_address(address) if address else None
        except InvalidField as error:
            raise forms.ValidationError(error.detail) from None

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
            self._refuse_what_is_missing(self.cleaned_data.get("datasource"))
        return self.cleaned_data

    @property
    def account(self) -> Account:
        """What was said of the account. Only of a form that is valid."""
        said = self.cleaned_data
        return Account(
            datasource=said.get("datasource"),
            url=said.get("url"),
            country=said["country"] or None,
            sites=tuple(said.get("sites") or ()),
            utility_types=tuple(said["utility_types"]),
            owner_email=said["owner_email"],
            collection_start_date=said["collection_start_date"],
        )

    def _demand_for(self, datasource: Datasource | None, *, is_certain: bool) -> None:
        """Say what the provider asks for beforehand: after a refusal the password would have to be typed again.

        Where another provider may be chosen, nothing holds the form back: which one it is shows when it is posted.
        """
        if is_certain or not self.is_bound:
            self.asking = datasource
            for name in datasource.asks_for if datasource else ():
                self._demand(name, insists=is_certain)

    def _refuse_what_is_missing(self, datasource: Datasource | None) -> None:
        self.asking = datasource
        for name in datasource.asks_for if datasource else ():
            self._demand(name, insists=False)
            if not self.cleaned_data.get(name):
                self.add_error(name, "Your provider asks for this.")

    def _offer_sites(self, invitation: Invitation) -> None:
        sites = invitation.company.sites.order_by("name", "pk")
        if sites.exists():
            self.fields["sites"].queryset = sites  # type: ignore[attr-defined]
        else:
            del self.fields["sites"]

    def _find_provider(self, text: str) -> None:
        """A provider called exactly so, else the choice if the text still goes with it, else what the text says."""
        chosen = self.cleaned_data.get("datasource")
        exact = list(Datasource.objects.named(text)[:2])
        if len(exact) == 1:
            self.cleaned_data["datasource"] = exact[0]
        elif chosen is None or not Datasource.objects.beginning(text).filter(pk=chosen.pk).exists():
            self.cleaned_data["datasource"] = None
            if LOOKS_LIKE_ADDRESS.match(text) and not exact:
                self._take_address(text)
            else:
                self._take_name(text)

    def _take_address(self, text: str) -> None:
        address = text if ":" in text.split("/", maxsplit=1)[0] else f"https://{text}"
        try:
            self.cleaned_data["url"] = check_provider_url(address)
        except InvalidField as error:
            self.add_error("provider", error.detail)

    def _take_name(self, text: str) -> None:
        candidates = list(Datasource.objects.beginning(text)[:MAX_CANDIDATES])
        if candidates:
            self._offer(candidates)
        else:
            self.add_error("provider", "We do not know this provider. Paste the address of its login page instead.")

    def _offer(self, candidates: list[Datasource]) -> None:
        field = self.fields["datasource"]
        field.widget = forms.RadioSelect()
        field.choices = [  # type: ignore[attr-defined]
            (candidate.pk, f"{candidate.name}, {candidate.country} – {candidate.host}") for candidate in candidates
        ]
        self.add_error("datasource", "Choose your provider from these, or type its name in full.")


def _initial(invitation: Invitation, proof: EmailProof | None) -> dict[str, Any]:
    prefill = invitation.prefilled
    datasource = prefilled_datasource(prefill)
    return {
        "datasource": datasource,
        "provider": datasource.name if datasource else prefill.url,
        "country": prefill.country or (datasource.country if datasource else None),
        "sites": list(invitation.company.sites.filter(pk__in=prefill.initial_sites)) if prefill.initial_sites else [],
        "utility_types": list(prefill.utility_types),
        "owner_email": prefill.connection_owner_email or (proof and proof.email),
        "collection_start_date": prefill.data_collection_start_date,
    }
