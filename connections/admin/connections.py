"""Connections in the admin: only viewed, and without credentials."""

from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from companies.admin import CompanyLimitedAdmin, limit_of, search_companies
from companies.admin.modes import ModeFilter, mode_mark
from companies.admin.timeline import timeline_of
from config.admin.changelist import AutocompleteFilter, CreatedFilter, status_word
from config.admin.confirm import ConfirmingAdmin
from config.admin.csv_export import ExportingAdmin
from config.admin.times import format_datetime
from config.db.index_hints import prefilter_if_rare, prefilter_unless_dense
from config.db.name_search import begins_each
from config.db.uuid7 import parse_uuid
from connections.admin.closing import CLOSING
from connections.admin.counts import BROKEN
from connections.admin.history import event_notes
from connections.models import Connection, Datasource
from connections.models.connection import SEARCHED
from connections.models.status import Status

MAX_PROVIDERS = 50
MAX_SITES = 50
ANY_BROKEN = "broken"
TONES = {
    Status.CONNECTED: "good",
    **dict.fromkeys((Status.PENDING, Status.UNDER_INVESTIGATION), "waiting"),
    **dict.fromkeys((Status.DISABLED, Status.COMPANY_INACTIVE), "over"),  # intended: nothing is broken
}


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ANY_BROKEN, gettext("All broken")), *((status.value, str(status.label)) for status in Status)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        if self.value() == ANY_BROKEN:
            return queryset.filter(prefilter_if_rare(queryset, Q(status__in=BROKEN)))
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset


@admin.register(Connection)
class ConnectionAdmin(ConfirmingAdmin, ExportingAdmin, CompanyLimitedAdmin):
    confirmed_actions = CLOSING
    list_display = ("provider_name", "company_shown", "status_shown", "country_name", "owner_email", "created")
    list_select_related = ("company", "datasource")
    list_filter = (
        StatusFilter,
        ModeFilter,
        ("company", AutocompleteFilter),
        ("datasource", AutocompleteFilter),
        CreatedFilter,
    )
    exported = {
        "Id": attrgetter("pk"),
        "Company": lambda connection: str(connection.company),
        "Company id": attrgetter("company_id"),
        "Provider": attrgetter("provider_name"),
        "Login page": attrgetter("login_url"),
        "Country": attrgetter("country"),
        "Utility types": lambda connection: ", ".join(connection.utility_type_names),
        "Status": Connection.get_status_display,
        "Status since": attrgetter("status_changed_at"),
        "Detail": attrgetter("status_error_detail"),
        "Message to the contributor": attrgetter("contributor_message"),
        "External id": attrgetter("external_id"),
        "Account owner": attrgetter("owner_email"),
        "Created": attrgetter("created_at"),
    }
    search_fields = ("id",)
    has_event_log = True
    search_help_text = _(
        "Any beginning of an address, external id, provider, login page or company, or a connection id."
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "status_shown",
                    "status_error_detail",
                    "contributor_message",
                    "status_changed_at",
                    "deleted_at",
                    "company",
                    "origin",
                )
            },
        ),
        (
            _("Account"),
            {
                "fields": (
                    "provider",
                    "login_page",
                    "country_name",
                    "utility_type_names",
                    "site_links",
                    "password_shown",
                )
            },
        ),
        (_("Contributor"), {"fields": ("owner_email", "verified_email", "collection_start_date")}),
        (_("Record"), {"fields": ("external_id", "id", "metadata_lines", "created_at", "updated_at")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: an invitation or a partner system creates connections."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def title_of(self, obj: Connection) -> str:
        who = obj.verified_email or obj.owner_email
        known = [obj.provider_name, obj.external_id, str(obj.company), who]
        return ", ".join(filter(None, known if obj.external_id or who else [*known, format_datetime(obj.created_at)]))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["timeline"] = timeline_of(context["original"].events, event_notes)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Leave deleted connections out of lists, exports and searches. Their pages stay, for the events."""
        queryset, term = queryset.existing(), search_term.strip()
        if connection_id := parse_uuid(term):
            return queryset.filter(pk=connection_id), False
        if term:
            providers = list(Datasource.objects.beginning(term).values_list("pk", flat=True)[:MAX_PROVIDERS])
            found = Q(company__in=search_companies(term, limit_of(request))) | Q(datasource__in=providers)
            queryset = queryset.filter(prefilter_unless_dense(queryset, found | begins_each(term, SEARCHED)))
        return queryset, False

    @admin.display(description=_("provider"))
    def provider_name(self, connection: Connection) -> str:
        return connection.provider_name

    @admin.display(description=_("company"))
    def company_shown(self, connection: Connection) -> SafeString:
        return format_html("{} {}", connection.company.name, mode_mark(is_live=connection.company.is_live))

    @admin.display(description=_("status"))
    def status_shown(self, connection: Connection) -> SafeString:
        return connection_status(connection.status)

    @admin.display(description=_("provider"))
    def provider(self, connection: Connection) -> str | SafeString:
        if not connection.datasource:
            return gettext("Not in the catalogue")
        url = reverse("admin:connections_datasource_change", args=[connection.datasource_id])
        return format_html('<a href="{}">{}</a>', url, connection.datasource)

    @admin.display(description=_("login page"))
    def login_page(self, connection: Connection) -> str:
        """Not a link: a contributor may have typed the address."""
        return connection.login_url

    @admin.display(description=_("utility types"))
    def utility_type_names(self, connection: Connection) -> str:
        return ", ".join(connection.utility_type_names) or "–"

    @admin.display(description=_("country"))
    def country_name(self, connection: Connection) -> str:
        return countries.name(connection.country or "") or "–"

    @admin.display(description=_("password"))
    def password_shown(self, connection: Connection) -> str | SafeString:
        if connection.is_disabled:
            return gettext("Deleted.")
        if not connection.has_moved:
            return gettext("Stored encrypted. It is never shown.")
        hosts = {"old": connection.credential.host, "new": connection.provider_host}
        explained = gettext(
            "The login was given for %(old)s, but the provider’s login page is now at %(new)s. Collectors do not get "
            "it until the contributor has given it again. Invite them to repair the connection."
        )
        return format_html("{} {}", status_word(gettext("To be confirmed"), "bad"), explained % hosts)

    @admin.display(description=_("metadata"))
    def metadata_lines(self, connection: Connection) -> str | SafeString:
        pairs = sorted(connection.metadata.items())
        return format_html_join(mark_safe("<br>"), "{}: {}", pairs) or "–"

    @admin.display(description=_("sites"))
    def site_links(self, connection: Connection) -> str | SafeString:
        sites = list(connection.sites.order_by("name")[: MAX_SITES + 1])
        links = format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            ((reverse("admin:companies_site_change", args=[site.pk]), site) for site in sites[:MAX_SITES]),
        )
        return format_html(gettext("{} and more"), links) if len(sites) > MAX_SITES else links or "–"

    @admin.display(description=_("created by"))
    def origin(self, connection: Connection) -> str | SafeString:
        return gettext("An invitation") if connection.origin_invitation_id else gettext("A partner system")


def connection_status(status: str) -> SafeString:
    return status_word(str(Status(status).label), TONES.get(Status(status), "bad"))
