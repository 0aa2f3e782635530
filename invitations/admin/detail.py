"""The page of one invitation: what to do next, its buttons, what it says and what became of it."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django_countries import countries

from companies.admin.timeline import MOST_LINES
from companies.models import Site
from config.admin.changelist import status_word
from config.admin.times import format_datetime, relative_time
from connections.models import Datasource, UtilityType
from invitations.admin.actions.views import ChangingAdmin
from invitations.admin.history import history_of, situation_of
from invitations.admin.links import link_of
from invitations.admin.next_step import next_step
from invitations.models import Invitation
from invitations.models.status import Status

LOCKED = mark_safe(' <span class="facts__note">cannot be changed</span>')
TONES = {Status.ACTIVE: "good", Status.FULFILLED: "done", Status.EXPIRED: "over", Status.REVOKED: "over"}


class InvitationPage(ChangingAdmin):
    """Read, and changed by its buttons only."""

    change_form_template = "admin/invitations/invitation/change_form.html"
    fieldsets = (
        (None, {"fields": ("company", "invitation_type")}),
        ("How often, and how long", {"fields": ("uses", "expires", "last_viewed_at", "revoked_at")}),
        ("What the contributor finds", {"fields": ("message", "prefilled", "locale", "goes_on_to")}),
        ("For your records", {"fields": ("external_id", "metadata_shown", "id", "created_at")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if invitation := context.get("original"):
            context |= self._following(request, invitation)
        return super().render_change_form(request, context, *args, **kwargs)

    def _following(self, request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
        history = history_of(invitation)
        step = next_step(situation_of(invitation, history), now=timezone.now())
        broken = history.broken[0] if history.broken else None
        buttons = [*self.making_buttons(request, invitation, broken), *self.buttons(request, invitation)]
        names = {button.name: button for button in buttons}
        best = next((names[name] for name in step.buttons if name in names), None)
        return {
            "history": history,
            "status": self.status_shown(invitation),
            "uses": self.uses(invitation),
            "expiry": relative_time(invitation.expires_at, default="never"),
            "is_expired": invitation.expires_at and invitation.expires_at <= timezone.now(),
            "opened": relative_time(invitation.last_viewed_at),
            "next_step": step.sentence,
            "best_button": best,
            "buttons": [button for button in buttons if button is not best],
            "may_correct": names.get("correct"),
            "may_resend": names.get("resend"),
            "url": link_of(invitation),
            "is_active": invitation.status == Status.ACTIVE,
        }

    @admin.display(description="status")
    def status_shown(self, invitation: Any) -> SafeString:
        status = Status(invitation.current_status)
        return status_word(str(status.label), TONES[status])

    @admin.display(description="uses")
    def uses(self, invitation: Invitation) -> str:
        if invitation.max_uses is None:
            return f"{invitation.use_count:,}, no limit"
        return f"{invitation.use_count:,} of {invitation.max_uses:,}"

    @admin.display(description="expires")
    def expires(self, invitation: Invitation) -> str:
        return format_datetime(invitation.expires_at, default="Never")

    @admin.display(description="goes on to")
    def goes_on_to(self, invitation: Invitation) -> str:
        return invitation.redirect_url or "–"

    @admin.display(description="metadata")
    def metadata_shown(self, invitation: Invitation) -> SafeString | str:
        return _facts((name, value, False) for name, value in invitation.metadata.items()) or "–"

    @admin.display(description="filled in")
    def prefilled(self, invitation: Invitation) -> SafeString | str:
        return _facts(_prefilled(invitation)) or "Nothing"


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
