"""Latest events of an object, for its page."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Manager, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.models import CompanyEvent
from config.admin.base import BaseAdmin

MOST_LINES = 100
FIELD_LABELS = {
    "externalId": _("external id"),
    "isActive": _("active or not"),
    "locale": _("language"),
    "name": _("name"),
    "address": _("address"),
    "repairsAutomatically": _("automatic repair"),
    "replyTo": _("reply-to address"),
    "timeZone": _("time zone"),
    "displayName": _("name in the branding"),
    "logo": _("logo"),
    "accentColor": _("accent colour"),
    "supportEmail": _("support address"),
    "supportPhone": _("support phone"),
    "privacyUrl": _("privacy link"),
    "showsOperator": _("“powered by” line"),
}


@dataclass(frozen=True)
class Line:
    """Event with its notes: further facts beside type, actor and time."""

    event: Any
    notes: list[str]


@dataclass(frozen=True)
class Timeline:
    """Latest events, oldest first, for `admin/timeline.html`."""

    lines: list[Line]
    has_earlier: bool
    most_lines: int = MOST_LINES


def timeline_of(log: "Manager[Any] | QuerySet[Any]", notes: Callable[[Any], Iterable[str]]) -> Timeline:
    """Read the latest hundred events in one query. `notes` returns the notes of an event."""
    latest = list(log.select_related("user", "api_key").order_by("-pk")[: MOST_LINES + 1])
    lines = [Line(event, list(notes(event))) for event in reversed(latest[:MOST_LINES])]
    return Timeline(lines, has_earlier=len(latest) > MOST_LINES)


class LoggedAdmin(BaseAdmin):
    """Model admin of companies or sites. The page of a row ends with its events."""

    change_form_template = "admin/logged_change_form.html"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if original := context.get("original"):
            context["timeline"] = timeline_of(original.events.select_related("site"), _company_notes)
        return super().render_change_form(request, context, *args, **kwargs)


def _company_notes(event: CompanyEvent) -> Iterator[str]:
    if event.site:
        yield gettext("Site: %(name)s") % {"name": event.site}
    fields = [str(FIELD_LABELS.get(name, name)) for name in event.detail.get("fields", []) if name != "archivedAt"]
    if fields:
        yield ", ".join(fields)
