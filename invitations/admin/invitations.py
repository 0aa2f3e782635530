"""The list of invitations, and the page of one."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django_countries import countries

from companies.actors import Actor
from companies.models import Site
from config.admin.exporting import ExportingAdmin
from config.admin.lists import AutocompleteFilter, CreatedFilter, day, moment, status_word
from config.admin.revocation import RevokingAdmin
from config.vault import Unsealable
from connections.admin import connection_status
from connections.models import Connection, Datasource, UtilityType
from invitations.admin.exports import INVITATION_COLUMNS
from invitations.admin.filters import StatusFilter, found_by
from invitations.admin.forms import NewInvitationForm, RevokeForm
from invitations.models import Invitation
from invitations.services import revoke_invitation
from invitations.status import Status

MOST_RECIPIENTS = 2
MOST_LINES = 100
COPY = mark_safe(' data-copy="Copy link"')
LOCKED = mark_safe(' <span class="facts__note">cannot be changed</span>')
TONES = {Status.ACTIVE: "good", Status.FULFILLED: "done", Status.EXPIRED: "over", Status.REVOKED: "over"}


@admin.register(Invitation)
class InvitationAdmin(ExportingAdmin, RevokingAdmin):
    """Made, followed and revoked here; what an invitation says is not changed."""

    autocomplete_fields = ("company",)
    list_display = ("company", "status_shown", "invitation_type", "recipients", "uses", "expires_on", "created")
    list_select_related = ("company",)
    list_filter = (StatusFilter, "invitation_type", ("company", AutocompleteFilter), CreatedFilter)
    exported = INVITATION_COLUMNS
    search_fields = ("id",)
    search_help_text = "Company, allowed address, external id, or a whole id."
    change_form_template = "admin/invitations/invitation/change_form.html"
    revoke_form = RevokeForm
    revoke_consequence = (
        "The link leads nowhere from now on, and whoever opens it is told so. Accounts that were connected stay. "
        "This cannot be undone."
    )
    add_fieldsets = (
        (None, {"fields": ("company", "message")}),
        ("Who may use it, and how long", {"fields": ("allowed_emails", "expires_in", "max_uses")}),
        ("For your records", {"fields": ("external_id",)}),
    )
    fieldsets = (
        (None, {"fields": ("status_shown", "link", "company", "invitation_type", "repaired")}),
        ("Who may use it, and how long", {"fields": ("addresses", "uses", "expires", "last_viewed_at", "revoked_at")}),
        ("What the contributor finds", {"fields": ("message", "prefilled", "locale", "goes_on_to")}),
        ("For your records", {"fields": ("external_id", "metadata_shown", "id", "created_at")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Invitation.objects.with_status().order_by("-pk")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return found_by(queryset, search_term), False

    def get_fieldsets(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs, **({} if obj else {"form": NewInvitationForm}))

    def response_post_save_add(self, request: HttpRequest, obj: Invitation) -> HttpResponseRedirect:
        """To its page, where the link is."""
        if not self.has_view_permission(request, obj):
            return super().response_post_save_add(request, obj)
        return HttpResponseRedirect(reverse("admin:invitations_invitation_change", args=[obj.pk]))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if invitation := context.get("original"):
            context |= _what_happened(invitation)
        return super().render_change_form(request, context, *args, **kwargs)

    def revoke(self, request: HttpRequest, obj: Invitation, **how: Any) -> None:
        revoke_invitation(obj, by=Actor.staff(request.user), reason=how["reason"] or None)  # type: ignore[arg-type]

    @admin.display(description="status")
    def status_shown(self, invitation: Any) -> SafeString:
        status = Status(invitation.current_status)
        return status_word(str(status.label), TONES[status])

    @admin.display(description="recipients")
    def recipients(self, invitation: Invitation) -> str | SafeString:
        if not invitation.allowed_emails:
            return "Anyone with the link"
        first, rest = invitation.allowed_emails[:MOST_RECIPIENTS], len(invitation.allowed_emails) - MOST_RECIPIENTS
        lines = [*first, f"and {rest} more"] if rest > 0 else first
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))

    @admin.display(description="uses")
    def uses(self, invitation: Invitation) -> str:
        if invitation.max_uses is None:
            return f"{invitation.use_count}, no limit"
        return f"{invitation.use_count} of {invitation.max_uses}"

    @admin.display(description="expires")
    def expires_on(self, invitation: Invitation) -> str:
        return day(invitation.expires_at, otherwise="Never")

    @admin.display(description="expires")
    def expires(self, invitation: Invitation) -> str:
        return moment(invitation.expires_at, otherwise="Never")

    @admin.display(description="link")
    def link(self, invitation: Invitation) -> str | SafeString:
        """With a button that copies it, as long as it leads somewhere."""
        copy = COPY if invitation.status == Status.ACTIVE else ""
        try:
            return format_html('<code class="copyable"{}>{}</code>', copy, invitation.url)
        except Unsealable:
            return "It cannot be shown: the key it was encrypted with is gone."

    @admin.display(description="repairs")
    def repaired(self, invitation: Invitation) -> SafeString | str:
        if invitation.connection_id is None:
            return "–"
        address = reverse("admin:connections_connection_change", args=[invitation.connection_id])
        return format_html('<a href="{}">{}</a>', address, invitation.connection)

    @admin.display(description="recipients")
    def addresses(self, invitation: Invitation) -> str:
        return ", ".join(invitation.allowed_emails) or "Anyone with the link"

    @admin.display(description="goes on to")
    def goes_on_to(self, invitation: Invitation) -> str:
        return invitation.redirect_url or "–"

    @admin.display(description="metadata")
    def metadata_shown(self, invitation: Invitation) -> SafeString | str:
        return _facts((name, value, False) for name, value in invitation.metadata.items()) or "–"

    @admin.display(description="filled in")
    def prefilled(self, invitation: Invitation) -> SafeString | str:
        return _facts(_prefilled(invitation)) or "Nothing"


def _what_happened(invitation: Invitation) -> dict[str, Any]:
    """The latest lines of its log, oldest first, and the accounts connected through it, newest first."""
    events = list(invitation.events.select_related("user", "api_key").order_by("-pk")[: MOST_LINES + 1])
    made = Connection.objects.filter(use__invitation=invitation).select_related("datasource")
    connected = list(made.order_by("-use__pk")[: MOST_LINES + 1])
    return {
        "events": events[:MOST_LINES][::-1],
        "earlier_events": len(events) > MOST_LINES,
        "connected": [(connection, connection_status(connection.status)) for connection in connected[:MOST_LINES]],
        "earlier_connected": len(connected) > MOST_LINES,
        "most_lines": MOST_LINES,
    }


def _prefilled(invitation: Invitation) -> Iterator[tuple[str, str, bool]]:
    """What is filled in: its name, its value in words, and whether the contributor may not change it."""
    prefill = invitation.prefilled
    values = {
        "datasource_id": ("Provider", _provider_name(prefill.datasource_id)),
        "url": ("Login page", prefill.url or ""),
        "country": ("Country", countries.name(prefill.country or "")),
        "initial_sites": ("Sites", _site_names(prefill.initial_sites)),
        "utility_types": ("Kind of utility", ", ".join(str(UtilityType(kind).label) for kind in prefill.utility_types)),
        "connection_owner_email": ("Account owner", prefill.connection_owner_email or ""),
        "data_collection_start_date": ("Collect data from", _day(prefill.data_collection_start_date)),
    }
    for name, (label, words) in values.items():
        if words:
            yield label, words, prefill.is_locked(name)


def _provider_name(datasource_id: UUID | None) -> str:
    return str(Datasource.objects.filter(pk=datasource_id).first() or "") if datasource_id else ""


def _day(day: date | None) -> str:
    return date_format(day) if day else ""


def _site_names(site_ids: tuple[UUID, ...]) -> str:
    if not site_ids:
        return ""
    names = list(Site.objects.filter(pk__in=site_ids[:MOST_LINES]).order_by("name").values_list("name", flat=True))
    rest = len(site_ids) - MOST_LINES
    return ", ".join(names) + (f" and {rest} more" if rest > 0 else "")


def _facts(facts: Iterable[tuple[str, str, bool]]) -> SafeString:
    rows = format_html_join(
        "",
        "<div><dt>{}</dt><dd>{}{}</dd></div>",
        ((name, words, LOCKED if locked else "") for name, words, locked in facts),
    )
    return format_html('<dl class="facts">{}</dl>', rows) if rows else rows
