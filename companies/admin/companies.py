from collections.abc import Iterator
from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.admin.branding import BrandedAdmin
from companies.admin.limits import CompanyLimitedAdmin, limit_of
from companies.admin.modes import ModeField, ModeFilter, mode_mark
from companies.admin.timeline import LoggedAdmin
from companies.models import Company, Partner, Site, User, World
from companies.models.companies import company_matches
from companies.services.companies import (
    COMPANY_CHECKS,
    SITE_CHECKS,
    archive_site,
    create_company,
    create_site,
    restore_site,
    update_company,
    update_site,
)
from config.admin.base import ServiceForm
from config.admin.changelist import AutocompleteFilter, status_word
from config.admin.confirm import ConfirmedAction, ConfirmingAdmin
from config.admin.csv_export import ExportingAdmin
from config.admin.time_zones import TimeZoneField
from config.db.index_hints import prefilter_if_rare
from config.db.name_search import name_contains
from config.db.uuid7 import parse_uuid

MOST_COMPANIES = 50


def search_companies(term: str, limit: frozenset[UUID] | None = None) -> list[UUID]:
    """Return ids of the newest 50 companies that match `term`, for a condition of another list.

    `limit` comes from `limit_of(request)`.
    """
    companies = Company.objects.within(limit)
    named = companies.filter(prefilter_if_rare(companies, company_matches(term))).order_by("-pk")
    return list(named.values_list("pk", flat=True)[:MOST_COMPANIES])


class LoggedForm(ServiceForm):
    """Form of a service that logs who acted."""

    def perform(self, *, by: Any) -> Model:
        actor = Actor.staff(by)
        if self.instance._state.adding:
            return type(self).create(**self.cleaned_data, by=actor)
        return type(self).update(self.instance, **self.changes, by=actor)


def _create_company(*, partner: Partner, is_live: bool, **fields: Any) -> Company:
    return create_company(World(partner.pk, is_live), **fields)


class CompanyForm(LoggedForm):
    is_live = ModeField(
        help_text=_("Only test keys see a test company, and its mails are not sent. This cannot be changed later.")
    )
    time_zone = TimeZoneField()
    checks = COMPANY_CHECKS
    create = staticmethod(_create_company)
    update = staticmethod(update_company)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("time_zone"):
            field.offer(self.instance.time_zone)  # type: ignore[attr-defined]


def _set_active(company: Company, *, by: User, is_active: bool) -> None:
    update_company(company, by=Actor.staff(by), is_active=is_active)


ACTIVITY = (
    ConfirmedAction(
        name="deactivate",
        label=_("Deactivate"),
        consequence=_(
            "Nothing is collected for the company any more, and its invitations are paused. Everything is as "
            "before when it is activated again."
        ),
        outcome=_("Deactivated."),
        permission="companies.change_company",
        run=partial(_set_active, is_active=False),
        is_offered=lambda company: company.is_active,
    ),
    ConfirmedAction(
        name="activate",
        label=_("Activate"),
        consequence=_("Its connections return to the status that they had, and its invitations work again."),
        outcome=_("Activated."),
        permission="companies.change_company",
        run=partial(_set_active, is_active=True),
        is_offered=lambda company: not company.is_active,
    ),
)


@admin.register(Company)
class CompanyAdmin(BrandedAdmin, ConfirmingAdmin, LoggedAdmin, ExportingAdmin, CompanyLimitedAdmin):
    confirmed_actions = ACTIVITY
    company_path = "pk"
    form = CompanyForm
    fields = ("partner", "is_live", "name", "external_id", "locale", "time_zone", "reply_to")
    autocomplete_fields = ("partner",)
    list_display = ("name_shown", "partner", "external_id", "active", "created")
    list_select_related = ("partner",)
    list_filter = (ModeFilter, ("partner", AutocompleteFilter))
    exported = {
        "Id": attrgetter("pk"),
        "Name": attrgetter("name"),
        "Partner": attrgetter("partner.name"),
        "External id": attrgetter("external_id"),
        "Language": attrgetter("locale"),
        "Time zone": attrgetter("time_zone"),
        "Replies go to": attrgetter("reply_to"),
        "Active": attrgetter("is_active"),
        "Live": attrgetter("is_live"),
        "Created": attrgetter("created_at"),
    }
    search_fields = ("name", "external_id")
    search_help_text = _("Any part of the name, any beginning of the external id, or a complete id.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forbid it to limited members: they would not see the new company."""
        return limit_of(request) is None and super().has_add_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> tuple[str, ...]:
        return ("partner", "mode", "is_active", "id", "created_at") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Company | None = None) -> Any:
        if obj is None:
            return self.fields
        fields = ("mode" if name == "is_live" else name for name in self.fields)
        return (*fields, "is_active", "id", "created_at")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        if company_id := parse_uuid(term):
            return queryset.filter(pk=company_id), False
        if term:
            queryset = queryset.filter(prefilter_if_rare(queryset, company_matches(term)))
        return queryset, False

    @admin.display(description=_("name"))
    def name_shown(self, company: Company) -> str | SafeString:
        return format_html("{} {}", company.name, mode_mark(is_live=company.is_live))

    @admin.display(description=_("mode"))
    def mode(self, company: Company) -> str | SafeString:
        return mode_mark(is_live=company.is_live) or gettext("Live")

    @admin.display(description=_("active"))
    def active(self, company: Company) -> SafeString:
        word, tone = (_("Active"), "good") if company.is_active else (_("Not active"), "over")
        return status_word(str(word), tone)


def _archive(site: Site, *, by: User) -> None:
    archive_site(site, by=Actor.staff(by))


def _restore(site: Site, *, by: User) -> None:
    restore_site(site, by=Actor.staff(by))


ARCHIVING = (
    ConfirmedAction(
        name="archive",
        label=_("Archive"),
        consequence=_(
            "The site is left out of lists and can no longer be chosen. Invitations and connections that have it keep "
            "it. You can restore it at any time."
        ),
        outcome=_("Archived."),
        permission="companies.change_site",
        run=_archive,
        is_offered=lambda site: site.archived_at is None,
    ),
    ConfirmedAction(
        name="restore",
        label=_("Restore"),
        consequence=_("The site is in lists again and can be chosen."),
        outcome=_("Restored."),
        permission="companies.change_site",
        run=_restore,
        is_offered=lambda site: site.archived_at is not None,
    ),
)


class ArchivedFilter(admin.SimpleListFilter):
    title = _("archived")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("Archived"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        all_of_them, *rest = super().choices(changelist)
        return iter([{**all_of_them, "display": gettext("In use")}, *rest])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.archived() if self.value() == "yes" else queryset.current()


class SiteForm(LoggedForm):
    checks = SITE_CHECKS
    create = staticmethod(create_site)
    update = staticmethod(update_site)


@admin.register(Site)
class SiteAdmin(ConfirmingAdmin, LoggedAdmin, ExportingAdmin, CompanyLimitedAdmin):
    form = SiteForm
    confirmed_actions = ARCHIVING
    fields = ("company", "name", "address", "external_id")
    autocomplete_fields = ("company",)
    list_display = ("name", "company", "address", "external_id", "created")
    list_select_related = ("company",)
    list_filter = (ArchivedFilter, ModeFilter, ("company", AutocompleteFilter))
    exported = {
        "Id": attrgetter("pk"),
        "Company": lambda site: str(site.company),
        "Company id": attrgetter("company_id"),
        "Name": attrgetter("name"),
        "Address": attrgetter("address"),
        "External id": attrgetter("external_id"),
        "Archived": attrgetter("archived_at"),
        "Created": attrgetter("created_at"),
    }
    search_fields = ("name",)
    search_help_text = _("Search by name or part of it, the company’s name, or a complete id.")

    def title_of(self, obj: Site) -> str:
        return f"{obj.name}, {obj.company}"

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        return ("company", "archived_at", "id", "created_at") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Site | None = None) -> Any:
        return (*self.fields, "archived_at", "id", "created_at") if obj else self.fields

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        if site_id := parse_uuid(term):
            return queryset.filter(pk=site_id), False
        if term:
            of_company = Q(company__in=search_companies(term, limit_of(request)))
            queryset = queryset.filter(prefilter_if_rare(queryset, name_contains(term) | of_company))
        return queryset, False
