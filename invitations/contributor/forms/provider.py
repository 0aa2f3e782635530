"""The provider of an account: a name in the catalogue, or the address of a login page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.exceptions import InvalidField
from config.form_fields import TypedCharField
from connections.models import Datasource, login_host
from connections.models.datasource import find_named
from connections.services.login_pages import (
    check_provider_url,
    find_by_page,
    leads_elsewhere,
    looks_like_page,
    parse_login_page,
)
from invitations.contributor.forms.login import ASKED_FOR, LoginForm
from invitations.contributor.provider_help import USER_NAME

LEADS_ELSEWHERE = _("This link leads to %(host)s. If that is your provider’s page, send the form again.")
MAX_CANDIDATES = 12
MAX_TYPED = 4000  # addresses of login pages may carry a long query, which is dropped


class ProviderForm(LoginForm):
    """A login with its provider.

    `provider` takes a name in the catalogue or the address of a login page. A name that fits several providers
    shows `datasource` as a choice.
    """

    datasource = forms.ModelChoiceField(
        Datasource.objects.all(),
        required=False,
        widget=forms.HiddenInput,
        label=_("Which one is yours?"),
        error_messages={"invalid_choice": _("Choose one of these.")},
    )
    provider = TypedCharField(
        max_length=MAX_TYPED,
        label=_("Provider"),
        help_text=_("Type its name, or paste the address of its login page."),
        error_messages={"required": _("Enter the name of your provider.")},
    )

    def _demand_for(self, datasource: Datasource | None, *, is_certain: bool) -> None:
        """Require what the provider asks for before the first post: after an error the password is typed again.

        If another provider may be chosen, the browser must not stop the form: only the POST tells which one it is.
        """
        if is_certain or not self.is_bound:
            self._ask_for(datasource)
            for name in datasource.asks_for if datasource else ():
                self._demand(name, in_browser=is_certain)

    def _require_extras(self, datasource: Datasource | None) -> None:
        self._ask_for(datasource)
        if self["username"].label != USER_NAME and self.has_error("username", "required"):
            self.errors["username"] = self.error_class([str(ASKED_FOR)])
        for name in datasource.asks_for if datasource else ():
            self._demand(name, in_browser=False)
            if not self.cleaned_data.get(name):
                self.add_error(name, ASKED_FOR)

    def _find_provider(self, text: str) -> None:
        """Take the one provider of this name, else the choice if it still fits, else an address or offer choices."""
        chosen = self.cleaned_data.get("datasource")
        exact = find_named(text)
        if len(exact) == 1:
            self.cleaned_data["datasource"] = exact[0]
        elif chosen is None or not Datasource.objects.beginning(text).filter(pk=chosen.pk).exists():
            self.cleaned_data["datasource"] = None
            if looks_like_page(text) and not exact:
                self._take_address(text)
            else:
                self._take_name(text)

    def _take_address(self, text: str) -> None:
        """Take the catalogue's provider of this page, else the address. A prefilled address stays as it is.

        The login is for the host of the page, so an unknown host behind a link is shown before anything is saved.
        """
        try:
            page = check_provider_url(text) if text == self.initial["provider"] else parse_login_page(text)
        except InvalidField as error:
            self.add_error("provider", error.detail)
        else:
            self.cleaned_data["datasource"] = known = find_by_page(page)
            self.cleaned_data["url"] = None if known else page
            self._show_provider(page)
            if known is None and text != self.initial["provider"] and leads_elsewhere(text):
                self.add_error("provider", LEADS_ELSEWHERE % {"host": login_host(page)})

    def _show_provider(self, page: str) -> None:
        """Show the page that a pasted link leads to, if the form comes back."""
        given: Any = self.data
        data = given.copy()
        data["provider"] = page
        self.data = data

    def _take_name(self, text: str) -> None:
        candidates = list(Datasource.objects.beginning(text)[:MAX_CANDIDATES])
        if candidates:
            self._offer(candidates)
        else:
            self.add_error("provider", _("We do not know this provider. Paste the address of its login page instead."))

    def _offer(self, candidates: list[Datasource]) -> None:
        field = self.fields["datasource"]
        field.widget = forms.RadioSelect()
        field.choices = [  # type: ignore[attr-defined]
            (candidate.pk, f"{candidate.name}, {candidate.country} – {candidate.host}") for candidate in candidates
        ]
        self.add_error("datasource", _("Choose your provider from these, or type its name in full."))
