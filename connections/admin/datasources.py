"""Providers in the admin."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from companies.admin import limit_of
from config.admin.base import BaseAdmin, ServiceForm
from config.db.uuid7 import parse_uuid
from config.form_fields import CountryField
from connections.models import Connection, Datasource, ExtraCredential, LoginName, SecondFactor, UtilityType, login_host
from connections.services.catalogue import DATASOURCE_CHECKS, create_datasource, update_datasource

MOVED = _(
    "The login page moved to %(host)s. Collectors do not get the logins that were given for the old one. Invite the "
    "contributors to repair their connections: they confirm the new address by giving their login again."
)


UNKNOWN = _("Not known")


class DatasourceForm(ServiceForm):
    country = CountryField(label=_("Country"), empty=_("Choose a country"))
    utility_types = forms.MultipleChoiceField(
        required=False,
        choices=UtilityType.choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("Utility types"),
    )
    asks_for = forms.MultipleChoiceField(
        required=False,
        choices=ExtraCredential.choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("Also asks for"),
        help_text=_("Login details beside user name and password. Contributors must then enter them."),
    )

    aliases = SimpleArrayField(
        forms.CharField(max_length=100),
        required=False,
        label=_("Also known as"),
        help_text=_("Other names and abbreviations that customers search for, separated by commas."),
    )
    login_with = forms.TypedChoiceField(
        required=False, choices=[("", UNKNOWN), *LoginName.choices], empty_value=None, label=_("One logs in with")
    )
    second_factor = forms.TypedChoiceField(
        required=False,
        choices=[("", UNKNOWN), *SecondFactor.choices],
        empty_value=None,
        label=_("Second factor"),
        help_text=_("What the login page may ask for after the password."),
    )

    checks = DATASOURCE_CHECKS
    create = staticmethod(create_datasource)
    update = staticmethod(update_datasource)


class UtilityTypeFilter(admin.SimpleListFilter):
    title = _("utility type")
    parameter_name = "utility_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.value, str(each.label)) for each in UtilityType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Datasource]) -> QuerySet[Datasource]:
        value = self.value()
        return queryset.filter(utility_types__contains=[value]) if value in UtilityType.values else queryset


class CountryFilter(admin.AllValuesFieldListFilter):
    """Offers the countries of the catalogue, by name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            name = countries.name(str(choice["display"]))
            yield {**choice, "display": name or choice["display"]}


@admin.register(Datasource)
class DatasourceAdmin(BaseAdmin):
    """Users who are limited to companies only view providers: all companies share them."""

    form = DatasourceForm
    fieldsets = (
        (None, {"fields": ("name", "aliases", "country", "login_url", "utility_types", "asks_for")}),
        (
            _("Help for contributors"),
            {
                "fields": ("portal_name", "login_with", "second_factor", "password_reset_url", "login_help"),
                "description": _("Shown above the user name. Leave empty what you do not know for certain."),
            },
        ),
    )
    ordering = ("folded_name", "country")
    list_display = ("name", "country_name", "utility_type_names", "host")
    list_filter = (UtilityTypeFilter, ("country", CountryFilter))
    search_fields = ("folded_name",)
    search_help_text = _("Part of the name or of another name. Accents and small typing errors do not matter.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return limit_of(request) is None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Datasource | None = None) -> bool:
        return limit_of(request) is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = Datasource.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        moved = before is not None and login_host(before.login_url) != login_host(obj.login_url)
        if moved and Connection.objects.filter(datasource=before).exists():
            messages.warning(request, MOVED % {"host": obj.host})

    @admin.display(description=_("country"))
    def country_name(self, datasource: Datasource) -> str:
        return countries.name(datasource.country)

    @admin.display(description=_("utility types"))
    def utility_type_names(self, datasource: Datasource) -> str:
        return ", ".join(str(UtilityType(each).label) for each in datasource.utility_types)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if datasource_id := parse_uuid(term):
            return queryset.filter(pk=datasource_id), False
        return queryset.search(term) if term else queryset, False
