"""Providers and connections, for staff. No credential is shown anywhere."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_countries import countries

from companies.admin import CompanyLimitedAdmin, limit_of, search_companies
from companies.admin.timeline import timeline_of
from config.admin.base import BaseAdmin, ServiceForm
from config.admin.changelist import AutocompleteFilter, CreatedFilter, status_word
from config.admin.csv_export import ExportingAdmin
from config.db.index_hints import prefilter_if_rare
from config.db.uuid7 import parse_uuid
from connections.counts import BROKEN
from connections.history import notes_of
from connections.models import Connection, Datasource, ExtraCredential, UtilityType
from connections.models.status import Status
from connections.services.catalogue import DATASOURCE_CHECKS, create_datasource, update_datasource

MOST_PROVIDERS = 50
ANY_BROKEN = "broken"
MOST_SITES = 50
TONES = {Status.CONNECTED: "good", Status.PENDING: "waiting", Status.UNDER_INVESTIGATION: "waiting"}


class DatasourceForm(ServiceForm):
    country = forms.ChoiceField(choices=[("", "Choose a country"), *countries])
    utility_types = forms.MultipleChoiceField(
        required=False, choices=UtilityType.choices, widget=forms.CheckboxSelectMultiple
    )
    asks_for = forms.MultipleChoiceField(
        required=False,
        choices=ExtraCredential.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Also asks for",
        help_text="What its login page asks for beside user name and password. Contributors must then fill it in.",
    )

    checks = DATASOURCE_CHECKS
    create = staticmethod(create_datasource)
    update = staticmethod(update_datasource)


class UtilityTypeFilter(admin.SimpleListFilter):
    title = "kind of utility"
    parameter_name = "utility_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, str(kind.label)) for kind in UtilityType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Datasource]) -> QuerySet[Datasource]:
        return (
            queryset.filter(utility_types__contains=[self.value()]) if self.value() in UtilityType.values else queryset
        )


class CountryFilter(admin.AllValuesFieldListFilter):
    """Of the countries that some provider is in, by their names."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            name = countries.name(str(choice["display"]))
            yield {**choice, "display": name or choice["display"]}


@admin.register(Datasource)
class DatasourceAdmin(BaseAdmin):
    form = DatasourceForm
    fields = ("name", "country", "login_url", "utility_types", "asks_for")
    ordering = ("folded_name", "country")
    list_display = ("name", "country_name", "kinds", "host")
    list_filter = (UtilityTypeFilter, ("country", CountryFilter))
    search_fields = ("folded_name",)
    search_help_text = "The name or a part of it; accents do not matter, nor mostly a wrong letter in a longer word."

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not for whoever is limited to some companies: a provider is everybody's."""
        return limit_of(request) is None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Datasource | None = None) -> bool:
        return limit_of(request) is None and super().has_change_permission(request, obj)

    @admin.display(description="country")
    def country_name(self, datasource: Datasource) -> str:
        return countries.name(datasource.country)

    @admin.display(description="kinds of utility")
    def kinds(self, datasource: Datasource) -> str:
        return ", ".join(str(UtilityType(kind).label) for kind in datasource.utility_types)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if datasource_id := parse_uuid(term):
            return queryset.filter(pk=datasource_id), False
        return queryset.search(term) if term else queryset, False


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ANY_BROKEN, "Any that is broken"), *((status.value, str(status.label)) for status in Status)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        if self.value() == ANY_BROKEN:
            return queryset.filter(prefilter_if_rare(queryset, Q(status__in=BROKEN)))
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset


@admin.register(Connection)
class ConnectionAdmin(ExportingAdmin, CompanyLimitedAdmin):
    """To be read: a connection is made through an invitation or by a partner's program."""

    list_display = ("provider_name", "company", "status_shown", "country_name", "owner_email", "created")
    list_select_related = ("company", "datasource")
    list_filter = (
        StatusFilter,
        ("company", AutocompleteFilter),
        ("datasource", AutocompleteFilter),
        CreatedFilter,
    )
    exported = {
        "Id": attrgetter("pk"),
        "Company": attrgetter("company.name"),
        "Company id": attrgetter("company_id"),
        "Provider": attrgetter("provider_name"),
        "Login page": attrgetter("login_url"),
        "Country": attrgetter("country"),
        "Kinds of utility": lambda connection: ", ".join(connection.utility_type_names),
        "Status": Connection.get_status_display,
        "Status since": attrgetter("status_changed_at"),
        "Detail": attrgetter("status_error_detail"),
        "Account owner": attrgetter("owner_email"),
        "Created": attrgetter("created_at"),
    }
    search_fields = ("id",)
    search_help_text = "Company, provider, or a whole id."
    fieldsets = (
        (None, {"fields": ("status_shown", "status_error_detail", "status_changed_at", "company", "origin")}),
        ("Account", {"fields": ("provider", "login_page", "country_name", "kinds", "sites_shown", "password_shown")}),
        ("Contributor", {"fields": ("owner_email", "verified_email", "collection_start_date")}),
        ("Record", {"fields": ("id", "created_at", "updated_at")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["timeline"] = timeline_of(context["original"].events, notes_of)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        if connection_id := parse_uuid(term):
            return queryset.filter(pk=connection_id), False
        if term:
            providers = list(Datasource.objects.beginning(term).values_list("pk", flat=True)[:MOST_PROVIDERS])
            of_company = Q(company__in=search_companies(term, limit_of(request)))
            queryset = queryset.filter(prefilter_if_rare(queryset, of_company | Q(datasource__in=providers)))
        return queryset, False

    @admin.display(description="provider")
    def provider_name(self, connection: Connection) -> str:
        return connection.provider_name

    @admin.display(description="status")
    def status_shown(self, connection: Connection) -> SafeString:
        return connection_status(connection.status)

    @admin.display(description="provider")
    def provider(self, connection: Connection) -> str | SafeString:
        if not connection.datasource:
            return "Not in the catalogue"
        address = reverse("admin:connections_datasource_change", args=[connection.datasource_id])
        return format_html('<a href="{}">{}</a>', address, connection.datasource)

    @admin.display(description="login page")
    def login_page(self, connection: Connection) -> str:
        """As text: a contributor may have typed it."""
        return connection.login_url

    @admin.display(description="kinds of utility")
    def kinds(self, connection: Connection) -> str:
        return ", ".join(connection.utility_type_names) or "–"

    @admin.display(description="country")
    def country_name(self, connection: Connection) -> str:
        return countries.name(connection.country or "") or "–"

    @admin.display(description="password")
    def password_shown(self, connection: Connection) -> str:
        return "Stored, encrypted. It is not shown here."

    @admin.display(description="sites")
    def sites_shown(self, connection: Connection) -> str | SafeString:
        sites = list(connection.sites.order_by("name")[: MOST_SITES + 1])
        links = format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            ((reverse("admin:companies_site_change", args=[site.pk]), site) for site in sites[:MOST_SITES]),
        )
        return format_html("{} and more", links) if len(sites) > MOST_SITES else links or "–"

    @admin.display(description="came from")
    def origin(self, connection: Connection) -> str | SafeString:
        return "An invitation" if connection.origin_invitation_id else "A partner’s program"


def connection_status(status: str) -> SafeString:
    """A connection's status as a word."""
    return status_word(str(Status(status).label), TONES.get(Status(status), "bad"))
