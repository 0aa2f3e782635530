"""The page of one invitation: its rows, and the context of its template."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from companies.admin.timeline import MOST_LINES
from companies.models import Site
from config.admin.times import format_datetime, relative_time
from connections.models import Datasource, UtilityType
from invitations.admin.actions.buttons import action_buttons, create_buttons
from invitations.admin.actions.expiry import ExtendForm
from invitations.admin.changelist import status, uses
from invitations.admin.history import load_history, state_of
from invitations.admin.links import shown_link
from invitations.admin.next_step import suggest_next_step
from invitations.admin.reminders import reminder_sentence
from invitations.models import Invitation
from invitations.models.status import Status


@admin.display(description=_("expires"))
def expires_at(invitation: Invitation) -> str:
    return format_datetime(invitation.expires_at, default=gettext("Never"))


@admin.display(description=_("prefilled fields"))
def prefilled_fields(invitation: Invitation) -> SafeString:
    return _list_of_facts(_prefilled_facts(invitation))


@admin.display(description=_("metadata"))
def metadata(invitation: Invitation) -> SafeString:
    return _list_of_facts((name, value, False) for name, value in invitation.metadata.items())


@admin.display(description=_("forwarding"))
def forwarding(invitation: Invitation) -> str:
    return gettext("Allowed") if invitation.allows_forwarding else ""


@admin.display(description=_("redirect URL"))
def redirect_url(invitation: Invitation) -> str:
    return invitation.redirect_url or ""


# every row of the page: names of model fields, or functions
FIELDSETS: Any = (
    (_("Details"), {"fields": ("company", "invitation_type", uses, expires_at, "last_viewed_at", "revoked_at")}),
    (_("For the contributor"), {"fields": ("message", prefilled_fields, "locale", forwarding, redirect_url)}),
    (_("For your records"), {"fields": ("external_id", metadata, "id", "created_at")}),
)


def detail_context(model_admin: Any, request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
    history = load_history(invitation)
    state, now = state_of(invitation, history), timezone.now()
    step = suggest_next_step(state, now=now)
    broken = history.broken[0] if history.broken else None
    was_mailed = any(each.delivery for each in history.recipients)
    buttons = [
        *create_buttons(model_admin, request, invitation, broken),
        *action_buttons(request, invitation, was_mailed=was_mailed, is_asked=bool(history.asked)),
    ]
    by_name = {button.name: button for button in buttons}
    best = next((by_name[name] for name in step.buttons if name in by_name), None)
    return {
        "history": history,
        "state": state,
        "step": step,
        "status": status(invitation),
        "uses": uses(invitation),
        "expiry": relative_time(invitation.expires_at, default=gettext("never")),
        "is_expired": invitation.expires_at and invitation.expires_at <= now,
        "opened": relative_time(invitation.last_viewed_at),
        "best_button": best,
        "extension": ExtendForm(instance=invitation) if best and step.extends_at_once else None,
        "buttons": [button for button in buttons if button is not best],
        "correct_button": by_name.get("correct"),
        "resend_button": by_name.get("resend"),
        "url": shown_link(request, invitation),
        "is_active": invitation.status == Status.ACTIVE,
        "reminder": reminder_sentence(invitation),
    }


def _prefilled_facts(invitation: Invitation) -> Iterator[tuple[str, str, bool]]:
    """Label, value and lock of each prefilled field."""
    prefill = invitation.prefilled
    start = prefill.data_collection_start_date
    types = ", ".join(str(UtilityType(each).label) for each in prefill.utility_types)
    values = {
        "datasource_id": (_("Provider"), _provider_name(prefill.datasource_id)),
        "url": (_("Login page"), prefill.url or ""),
        "country": (_("Country"), countries.name(prefill.country or "")),
        "initial_sites": (_("Sites"), _site_names(prefill.initial_sites)),
        "utility_types": (_("Utility types"), types),
        "connection_owner_email": (_("Account owner"), prefill.connection_owner_email or ""),
        "data_collection_start_date": (_("Collect data from"), date_format(start) if start else ""),
    }
    for name, (label, value) in values.items():
        if value:
            yield str(label), value, prefill.is_locked(name)


def _provider_name(datasource_id: UUID | None) -> str:
    return str(Datasource.objects.filter(pk=datasource_id).first() or "") if datasource_id else ""


def _site_names(site_ids: tuple[UUID, ...]) -> str:
    if not site_ids:
        return ""
    names = list(Site.objects.filter(pk__in=site_ids[:MOST_LINES]).order_by("name").values_list("name", flat=True))
    rest = len(site_ids) - MOST_LINES
    return ", ".join(names) + (gettext(" and %(number)s more") % {"number": rest} if rest > 0 else "")


def _list_of_facts(facts: Iterable[tuple[str, str, bool]]) -> SafeString:
    locked = format_html(' <span class="facts__note">{}</span>', gettext("cannot be changed"))
    rows = format_html_join(
        "",
        "<div><dt>{}</dt><dd>{}{}</dd></div>",
        ((label, value, locked if is_locked else "") for label, value, is_locked in facts),
    )
    return format_html('<dl class="facts">{}</dl>', rows) if rows else rows
