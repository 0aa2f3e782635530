"""The list of invitations."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from companies.admin import CompanyLimitedAdmin, limit_of
from config.admin.changelist import AutocompleteFilter, BoundedChangeList, CreatedFilter
from config.admin.csv_export import ExportingAdmin
from config.admin.times import relative_time
from config.db.index_hints import prefilter_if_rare
from invitations.admin.create import InvitingAdmin
from invitations.admin.detail import InvitationPage
from invitations.admin.exports import INVITATION_COLUMNS
from invitations.admin.filters import AttentionFilter, StatusFilter, found_by
from invitations.admin.reached import ReachedFilter
from invitations.models import Invitation, InvitationEvent
from invitations.models.status import NOTHING, status_cases
from invitations.models.tokens import LINK, extract_token

MOST_RECIPIENTS = 2


class InvitationList(BoundedChangeList):
    """With the last event of each, read in one query for the page."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """By status last of all: of what the other filters leave it is asked whether it is much."""
        rows = super().get_queryset(request, exclude_parameters)
        for each in self.filter_specs:
            if isinstance(each, StatusFilter) and (status := each.value()):
                rows = rows.filter(_of_status(rows, status))
        return rows

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        last = last_events([invitation.pk for invitation in self.result_list])
        for invitation in self.result_list:
            invitation.last_event = last.get(invitation.pk)


def _of_status(rows: Any, status: str) -> Q:
    cases = status_cases([status])
    orders: list[list[str]] = [["expires_at"] if case.is_timed else [] for case in cases]
    found = (prefilter_if_rare(rows, case.condition, *order) for case, order in zip(cases, orders, strict=True))
    return reduce(or_, found, NOTHING)


def last_events(invitation_ids: list[Any]) -> dict[Any, InvitationEvent]:
    """The newest line of the log of each: a look into its index, however long the log."""
    log = InvitationEvent.objects.filter(invitation=OuterRef("pk")).order_by("-pk")
    newest = Invitation.objects.filter(pk__in=invitation_ids).values_list(Subquery(log.values("pk")[:1]))
    return {event.invitation_id: event for event in InvitationEvent.objects.filter(pk__in=newest)}


@admin.register(Invitation)
class InvitationAdmin(ExportingAdmin, CompanyLimitedAdmin, InvitingAdmin, InvitationPage):
    """Made, followed and changed here; whatever changes one is a button on its page."""

    list_display = ("company", "status_shown", "invitation_type", "recipients", "uses", "expires_on", "last_event")
    list_select_related = ("company",)
    list_filter = (
        StatusFilter,
        AttentionFilter,
        ReachedFilter,
        "invitation_type",
        ("company", AutocompleteFilter),
        CreatedFilter,
    )
    exported = INVITATION_COLUMNS
    search_fields = ("id",)
    search_help_text = (
        "Company, address (also one that was corrected), external id (capital and small letters differ), a whole id, "
        "or a link that somebody sent you."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_status()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[InvitationList]:
        return InvitationList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A link that was pasted into the search leads to its invitation at once, and stays in no address."""
        return self._follow_link(request) or super().changelist_view(request, extra_context)

    def _follow_link(self, request: HttpRequest) -> HttpResponse | None:
        term = request.GET.get("q", "")
        token = extract_token(term)
        if token is None or request.method != "GET" or not self.has_view_permission(request):
            return None
        if invitation := self.get_queryset(request).opened_by(token):
            return redirect("admin:invitations_invitation_change", invitation.pk)
        if not LINK.search(term):
            return None
        self.message_user(request, "No invitation has this link. It may have been replaced.", messages.WARNING)
        return redirect("admin:invitations_invitation_changelist")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return found_by(queryset, search_term, limit_of(request)), False

    @admin.display(description="recipients")
    def recipients(self, invitation: Invitation) -> str | SafeString:
        if not invitation.allowed_emails:
            return "Anyone with the link"
        first, rest = invitation.allowed_emails[:MOST_RECIPIENTS], len(invitation.allowed_emails) - MOST_RECIPIENTS
        lines = [*first, f"and {rest} more"] if rest > 0 else first
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))

    @admin.display(description="expires")
    def expires_on(self, invitation: Invitation) -> str | SafeString:
        return relative_time(invitation.expires_at, default="Never")

    @admin.display(description="last event")
    def last_event(self, invitation: Any) -> str | SafeString:
        event: InvitationEvent | None = invitation.last_event
        return format_html("<div>{}</div> {}", event, relative_time(event.created_at)) if event else "–"
