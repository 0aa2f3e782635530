"""Places of a company with many sites, by name: ten thousand boxes fit neither a page nor a request."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.models import Site
from companies.services.sites import SiteNames
from config.db.compiled_queries import compiled
from invitations.models import Invitation

LABEL = _("Places this account serves")
MOST_BOXES = 50
MAX_NAMED = 5
MAX_SUGGESTED = 3
MAX_SHOWN = 100


class SiteBoxesField(forms.MultipleChoiceField):
    """A box for each site. Its value is a list of sites."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": _("Choose from these places.")}

    def __init__(self, sites: list[Site], **kwargs: Any) -> None:
        super().__init__(choices=[(str(site.pk), str(site)) for site in sites], **kwargs)
        self.sites = {str(site.pk): site for site in sites}

    def prepare_value(self, value: Any) -> Any:
        return [site.pk if isinstance(site, Site) else site for site in value or []]

    def clean(self, value: Any) -> list[Site]:
        if self.disabled:
            return list(value)
        return [self.sites[pk] for pk in super().clean(value)]


class SiteNamesInput(forms.Textarea):
    """One place on each line. Several values of the field count as lines, too."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        lines = data.getlist(name) if hasattr(data, "getlist") else data.get(name)
        return "\n".join(lines) if isinstance(lines, list) else lines


class SiteNamesField(forms.Field):
    """Sites by their labels, names, external ids or ids. An error names each line that means no site, or several."""

    widget = SiteNamesInput(
        attrs={
            "rows": 5,
            "spellcheck": "false",
            "autocapitalize": "none",
            "data-sites-url": "sites",  # relative to the page and the link it was opened by
            "data-find": _("Find a place"),
        }
    )

    def __init__(self, names: SiteNames, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Iterable) and not isinstance(value, str):
            return "\n".join(self.names.labels[site.pk] for site in value if site.pk in self.names.labels)
        return value

    def clean(self, value: Any) -> list[Site]:
        if isinstance(value, list):  # of a disabled field
            return value
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        found = [(line, self.names.find(line)) for line in lines]
        unclear = [(line, sites) for line, sites in found if len(sites) != 1]
        if unclear:
            rest = len(unclear) - MAX_NAMED
            more = (
                [gettext("And %(number)s more.") % {"number": number_format(rest, force_grouping=True)}]
                if rest > 0
                else []
            )
            errors = [self._error(line[:MAX_SHOWN], sites) for line, sites in unclear[:MAX_NAMED]]
            raise forms.ValidationError([*errors, *more])
        return list({sites[0].pk: sites[0] for _line, sites in found}.values())

    def _error(self, line: str, found: list[Site]) -> str:
        if found:
            labels = [self.names.labels[site.pk] for site in found]
            sentence = gettext("“%(line)s” means %(number)s places. Write one of them in full: %(names)s.")
        else:
            labels = self.names.suggest(line, limit=MAX_SUGGESTED)
            sentence = gettext("There is no place “%(line)s”.")
            if labels:
                sentence = gettext("There is no place “%(line)s”. Did you mean: %(names)s?")
        names = "; ".join(labels[:MAX_SUGGESTED])
        return sentence % {"line": line, "number": number_format(len(found), force_grouping=True), "names": names}


def site_fields(invitation: Invitation) -> dict[str, forms.Field]:
    """Fields to choose sites: boxes for a few, a text for many, none without sites. Locked ones are all shown."""
    if invitation.prefilled.is_locked("initial_sites"):
        return _boxes(list(prefilled_sites(invitation).order_by("name", "pk")))
    first = _first_offered(invitation)
    return _boxes(first) if len(first) <= MOST_BOXES else _names(SiteNames(offered_sites(invitation)))


def prefilled_sites(invitation: Invitation) -> QuerySet[Site]:
    return invitation.company.sites.filter(pk__in=invitation.prefilled.initial_sites)


def offered_sites(invitation: Invitation) -> QuerySet[Site]:
    """Sites that are not archived, and the prefilled ones, which may have been archived since."""
    kept = Q(pk__in=invitation.prefilled.initial_sites)
    return invitation.company.sites.filter(kept | Q(archived_at=None)).order_by("name", "pk")


def _first_offered(invitation: Invitation) -> list[Site]:
    """The first sites: one more than fit into boxes, if there are so many."""
    if invitation.prefilled.initial_sites:
        return list(offered_sites(invitation)[: MOST_BOXES + 1])
    return _first_open(company_id=invitation.company_id)


@compiled
def _first_open(company_id: UUID) -> QuerySet[Site]:
    return Site.objects.filter(company=company_id, archived_at=None).order_by("name", "pk")[: MOST_BOXES + 1]


def _boxes(sites: list[Site]) -> dict[str, forms.Field]:
    return {"sites": SiteBoxesField(sites, required=False, label=LABEL)} if sites else {}


def _names(names: SiteNames) -> dict[str, forms.Field]:
    number = {"number": number_format(len(names.sites), force_grouping=True)}
    return {
        "all_sites": forms.MultipleChoiceField(
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label=LABEL,
            choices=[("all", _("All %(number)s places of the company") % number)],
        ),
        "sites": SiteNamesField(
            names, required=False, label=_("Or only these places"), help_text=_("One place on each line, by its name.")
        ),
    }
