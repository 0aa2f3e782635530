"""The list of invitations: query, columns, and links pasted into its search."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.admin.modes import mode_mark
from config.admin.changelist import BoundedChangeList, status_word
from config.admin.times import relative_time
from config.db.index_hints import prefilter_if_rare
from invitations.admin.filters import StatusFilter
from invitations.models import Invitation, InvitationEvent
from invitations.models.status import NOTHING, Status, status_cases
from invitations.models.tokens import LINK, extract_token

MAX_RECIPIENTS = 2
TONES = {Status.ACTIVE: "good", Status.FULFILLED: "done", Status.EXPIRED: "over", Status.REVOKED: "over"}


class InvitationChangeList(BoundedChangeList):
    """Reads the last event of each invitation in one query."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """Filter by status last: whether its index helps depends on what the other filters leave."""
        rows = super().get_queryset(request, exclude_parameters)
        for each in self.filter_specs:
            if isinstance(each, StatusFilter) and (status := each.value()):
                rows = rows.filter(_status_condition(rows, status))
        return rows

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        last = last_events([invitation.pk for invitation in self.result_list])
        for invitation in self.result_list:
            invitation.last_event = last.get(invitation.pk)


def _status_condition(rows: Any, status: str) -> Q:
    cases = status_cases([status])
    orders: list[list[str]] = [["expires_at"] if case.is_timed else [] for case in cases]
    conditions = (prefilter_if_rare(rows, case.condition, *order) for case, order in zip(cases, orders, strict=True))
    return reduce(or_, conditions, NOTHING)


def last_events(invitation_ids: list[Any]) -> dict[Any, InvitationEvent]:
    """The newest event of each invitation, by one index lookup each."""
    events = InvitationEvent.objects.filter(invitation=OuterRef("pk")).order_by("-pk")
    newest = Invitation.objects.filter(pk__in=invitation_ids).values_list(Subquery(events.values("pk")[:1]))
    return {event.invitation_id: event for event in InvitationEvent.objects.filter(pk__in=newest)}


def follow_pasted_link(request: HttpRequest, model_admin: Any) -> HttpResponse | None:
    """Redirect a search for an invitation link to its invitation, so that the link stays in no URL or log."""
    term = request.GET.get("q", "")
    token = extract_token(term)
    if token is None or request.method != "GET":
        return None
    if invitation := model_admin.get_queryset(request).opened_by(token):
        return redirect("admin:invitations_invitation_change", invitation.pk)
    if not LINK.search(term):
        return None
    messages.warning(request, gettext("No invitation has this link. It may have been replaced."))
    return redirect("admin:invitations_invitation_changelist")


@admin.display(description=_("status"))
def status(invitation: Any) -> SafeString:
    value = Status(invitation.current_status)
    return status_word(str(value.label), TONES[value])


@admin.display(description=_("invitation"))
def invitation(row: Invitation) -> SafeString:
    """Recipients, external id and company, as in its title. They name the link to its page."""
    lines = row.allowed_emails[:MAX_RECIPIENTS] or [gettext("Anyone with the link")]
    if row.connection:
        lines = [gettext("Repair of %(connection)s") % {"connection": row.connection}, *lines]
    if (rest := len(row.allowed_emails) - MAX_RECIPIENTS) > 0:
        lines = [*lines, gettext("and %(number)s more") % {"number": rest}]
    quiet = [row.external_id, row.company.name] if row.external_id else [row.company.name]
    return format_html(
        "{}{}{}",
        format_html_join("", "<div>{}</div>", ((line,) for line in lines)),
        format_html_join("", '<div class="quiet">{}</div>', ((line,) for line in quiet)),
        mode_mark(is_live=row.company.is_live),
    )


@admin.display(description=_("uses"))
def uses(invitation: Invitation) -> str:
    counts = {"used": f"{invitation.use_count:,}", "max": f"{invitation.max_uses or 0:,}"}
    return gettext("%(used)s, unlimited" if invitation.max_uses is None else "%(used)s of %(max)s") % counts


@admin.display(description=_("expires"))
def expires(invitation: Invitation) -> str | SafeString:
    return relative_time(invitation.expires_at, default=gettext("Never"))


@admin.display(description=_("last event"))
def last_event(invitation: Any) -> str | SafeString:
    event: InvitationEvent | None = invitation.last_event
    return format_html("<div>{}</div> {}", event, relative_time(event.created_at)) if event else "–"
