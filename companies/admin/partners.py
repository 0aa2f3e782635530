from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.admin.branding import BrandedAdmin
from companies.admin.limits import UnlimitedAdmin
from companies.models import PARTNER_LIMITS, Partner
from companies.services.embedding import check_origins
from companies.services.partners import MAX_LIMIT, PARTNER_CHECKS, create_partner, update_partner
from config.admin.base import ServiceForm
from config.db.index_hints import prefilter_if_rare
from config.db.name_search import name_contains
from config.exceptions import InvalidField


class LimitField(forms.IntegerField):
    """One of `PARTNER_LIMITS`. Empty: the default, which the input shows."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        default = {"placeholder": f"{PARTNER_LIMITS[name]:,}"}
        kwargs["widget"] = forms.NumberInput(attrs=default)
        super().__init__(required=False, min_value=1, max_value=MAX_LIMIT, **kwargs)


class PartnerForm(ServiceForm):
    redirect_urls = SimpleArrayField(
        forms.URLField(assume_scheme="https", max_length=500),
        required=False,
        label=_("Redirect URLs"),
        help_text=_("Pages where contributors may continue when they are done. Exact URLs, separated by commas."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )
    embedding_origins = SimpleArrayField(
        forms.CharField(max_length=255),
        required=False,
        label=_("Embedding origins"),
        help_text=_(
            "Sites that may show the contributor’s pages in a frame, such as https://portal.example.com. "
            "Without a path or a wildcard, at most 20, separated by commas."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    reads_per_minute = LimitField(
        "reads_per_minute", label=_("Reads in a minute"), help_text=_("GET requests of each API key.")
    )
    writes_per_minute = LimitField(
        "writes_per_minute", label=_("Writes in a minute"), help_text=_("Other requests of each API key.")
    )
    mails_per_hour = LimitField(
        "mails_per_hour",
        label=_("Mails in an hour"),
        help_text=_("Invitation mails of all companies. Further mails wait."),
    )

    checks = PARTNER_CHECKS
    create = staticmethod(create_partner)
    update = staticmethod(update_partner)

    def clean_embedding_origins(self) -> list[str]:
        """Return the origins as they are stored: the model's constraint is checked before the service writes them."""
        try:
            return check_origins(self.cleaned_data["embedding_origins"])
        except InvalidField as error:
            raise forms.ValidationError(error.detail) from None


@admin.register(Partner)
class PartnerAdmin(UnlimitedAdmin, BrandedAdmin):
    form = PartnerForm
    fieldsets = (
        (None, {"fields": ("name", "redirect_urls", "embedding_origins")}),
        (
            _("Limits"),
            {
                "fields": tuple(PARTNER_LIMITS),
                "description": _("Leave a field empty for the usual limit, which it shows in grey."),
            },
        ),
    )
    list_display = ("name", "created")
    search_fields = ("name",)
    search_help_text = _("Search by name or part of it.")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        return queryset.filter(prefilter_if_rare(queryset, name_contains(term))) if term else queryset, False
