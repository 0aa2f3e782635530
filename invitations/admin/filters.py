"""Filters and search of the list of invitations."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.admin import search_companies
from config.db.index_hints import prefilter_unless_dense
from config.db.name_search import begins_each
from config.db.uuid7 import parse_uuid
from invitations.admin.dashboard.attention import Attention, attention_condition
from invitations.admin.dashboard.funnel import Step, step_condition
from invitations.models import EventType, InvitationEvent, InvitationQuerySet
from invitations.models.search import CORRECTED, SEARCHED
from invitations.models.status import Status
from invitations.services.addresses import parse_address

MAX_CORRECTED = 100


class StatusFilter(admin.SimpleListFilter):
    """Choose a status. `InvitationChangeList` applies it after all other filters."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in Status]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset


class AttentionFilter(admin.ListFilter):
    """Filter by one or several kinds of attention; several combine with AND."""

    title = _("attention")
    parameter_name = "attention"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        given = params.pop(self.parameter_name, [])
        self.chosen = [kind for kind in Attention if kind.value in given]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        for kind in self.chosen:
            queryset = queryset.filter(attention_condition(kind))
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        all_kinds = changelist.get_query_string({self.parameter_name: None, PAGE_VAR: None})
        yield {"selected": not self.chosen, "query_string": all_kinds, "display": _("All")}
        for kind in Attention:
            others = [each.value for each in self.chosen if each != kind]
            values = others if kind in self.chosen else [*others, kind.value]
            link = changelist.get_query_string({self.parameter_name: values or None, PAGE_VAR: None})
            yield {"selected": kind in self.chosen, "query_string": link, "display": kind.label}


class FunnelFilter(admin.SimpleListFilter):
    """Filter by the conditions of the overview, so that its numbers and the list agree."""

    title = _("progress")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(step.value, str(step.label)) for step in Step if step != Step.CREATED]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        step = next((step for step in Step if step.value == self.value()), None)
        return queryset.filter(step_condition(step)) if step else queryset


def search_invitations(
    invitations: InvitationQuerySet, term: str, limit: frozenset[UUID] | None = None
) -> InvitationQuerySet:
    """Search by id, by any beginning of an address or the reference, or by part of the company's name.

    Addresses may be typed in any form. One that was corrected still finds its invitation.
    """
    term = term.strip()
    if not term:
        return invitations
    if invitation_id := parse_uuid(term):
        return invitations.filter(pk=invitation_id)
    address = parse_address(term)
    of_company = Q(company__in=search_companies(term, limit))
    found = of_company | Q(pk__in=corrected_invitations(address)) | begins_each(address, SEARCHED)
    return invitations.filter(prefilter_unless_dense(invitations, found))


def corrected_invitations(address: str) -> list[UUID]:
    """Ids of the newest invitations on which an address with this beginning was corrected."""
    corrections = InvitationEvent.objects.filter(type=EventType.UPDATED, detail__has_key="old")
    found = corrections.filter(begins_each(address, CORRECTED)).order_by("-pk")
    return list(found.values_list("invitation", flat=True)[:MAX_CORRECTED])
