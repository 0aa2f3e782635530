"""The search in the header of the admin: invitations, connections, companies and webhook deliveries by one term."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst, get_text_list
from django.utils.translation import gettext

from companies.admin.webhooks.deliveries import delivery_status
from companies.models import Company, WebhookDelivery
from config.admin.times import relative_time
from config.db.name_search import mentions
from connections.admin.connections import connection_status
from connections.models import Connection
from invitations.admin import changelist
from invitations.admin.pages import AdminPage
from invitations.models import Invitation
from invitations.services.addresses import parse_address

MAX_FOUND = 10
MAX_SHOWN_TERM = 100
Facts = Sequence[str | SafeString]


@dataclass(frozen=True)
class Match:
    url: str
    title: str
    facts: Facts


@dataclass(frozen=True)
class Found:
    """Newest matches in one list. `url`: the list with the same search, for the other matches."""

    name: str
    url: str
    matches: list[Match]
    has_more: bool


class SearchView(AdminPage):
    """Searches each list that the user may view, with the search of that list. The only match opens at once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        site = self.model_admin.admin_site
        admins = [each for each in map(site.get_model_admin, FACTS) if each.has_view_permission(request)]
        if not admins:
            raise PermissionDenied
        followed = self.model_admin in admins and changelist.follow_pasted_link(request, self.model_admin)
        if followed:
            return followed
        term = request.GET.get("q", "").strip()
        found = [self._find(each, term) for each in admins] if term else []
        matches = [match for each in found for match in each.matches]
        shown = Truncator(term).chars(MAX_SHOWN_TERM)
        if len(matches) == 1:
            messages.info(request, gettext("This is the only match for “%(term)s”.") % {"term": shown})
            return redirect(matches[0].url)
        by_words = [each for each in admins if each.model is not WebhookDelivery]  # these are found by id only
        names = get_text_list([str(each.opts.verbose_name) for each in by_words], gettext("or"))
        context = {"term": shown, "found": found, "has_matches": bool(matches), "names": names}
        return self.render("search.html", title=gettext("Search"), **context)

    def _find(self, model_admin: Any, term: str) -> Found:
        rows, _ = model_admin.get_search_results(self.request, model_admin.get_queryset(self.request), term)
        newest = list(rows.select_related(*model_admin.list_select_related).order_by("-pk")[: MAX_FOUND + 1])
        shown, opts = newest[:MAX_FOUND], model_admin.opts
        prefix = f"admin:{opts.app_label}_{opts.model_name}"
        return Found(
            name=capfirst(str(opts.verbose_name_plural)),
            url=f"{reverse(f'{prefix}_changelist')}?{urlencode({'q': term})}",
            matches=[
                Match(reverse(f"{prefix}_change", args=[row.pk]), model_admin.title_of(row), facts)
                for row, facts in zip(shown, FACTS[opts.model](shown, term), strict=True)
            ],
            has_more=len(newest) > MAX_FOUND,
        )


def _invitation_facts(invitations: list[Any], term: str) -> list[Facts]:
    """Facts and, beside the first recipient in the title, the others that match."""
    events = changelist.last_events([each.pk for each in invitations])
    address = parse_address(term)
    return [
        [
            changelist.status(each),
            *(email for email in each.allowed_emails[1:] if mentions(email, address)),
            *_last(events.get(each.pk)),
        ]
        for each in invitations
    ]


def _last(event: Any) -> Facts:
    return [format_html("{} {}", event, relative_time(event.created_at))] if event else []


def _connection_facts(connections: list[Any], term: str) -> list[Facts]:
    return [
        [connection_status(each.status), format_html(gettext("created {}"), relative_time(each.created_at))]
        for each in connections
    ]


def _company_facts(companies: list[Any], term: str) -> list[Facts]:
    return [[str(each.partner), *([each.external_id] if each.external_id else [])] for each in companies]


def _delivery_facts(deliveries: list[Any], term: str) -> list[Facts]:
    return [[delivery_status(each.status), relative_time(each.created_at)] for each in deliveries]


FACTS: dict[type[Model], Callable[[list[Any], str], list[Facts]]] = {
    Invitation: _invitation_facts,
    Connection: _connection_facts,
    Company: _company_facts,
    WebhookDelivery: _delivery_facts,
}
