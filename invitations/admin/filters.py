"""How staff find an invitation among a million."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Q
from django.db.models.fields.json import KT
from django.http import HttpRequest

from companies.addresses import normalize_address
from companies.admin import search_companies
from config.db.index_hints import prefilter_if_rare
from config.db.uuid7 import parse_uuid
from config.exceptions import InvalidField
from invitations.admin.attention import Attention, attention_condition
from invitations.models import EventType, InvitationEvent, InvitationQuerySet
from invitations.models.status import Status
from invitations.services.addresses import parse_address

MOST_CORRECTED = 100


class StatusFilter(admin.SimpleListFilter):
    """By the rule of the API; the list looks for it when every other filter has been heard."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in Status]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset


class AttentionFilter(admin.ListFilter):
    """By what wants attention; several at once narrow it further."""

    title = "what needs attention"
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
        everything = changelist.get_query_string({self.parameter_name: None, PAGE_VAR: None})
        yield {"selected": not self.chosen, "query_string": everything, "display": "All"}
        for kind in Attention:
            others = [each.value for each in self.chosen if each != kind]
            values = others if kind in self.chosen else [*others, kind.value]
            link = changelist.get_query_string({self.parameter_name: values or None, PAGE_VAR: None})
            yield {"selected": kind in self.chosen, "query_string": link, "display": kind.label}


def found_by(invitations: InvitationQuerySet, term: str, limit: frozenset[UUID] | None = None) -> InvitationQuerySet:
    """By id, by allowed address (exact, in any form), else by external id (exact), else by company name (part of it).

    An address that was corrected finds its invitation still. Each is a look into one index, so that the table may be
    large; two at once would be a walk through all of it.
    """
    term = term.strip()
    if not term:
        return invitations
    if invitation_id := parse_uuid(term):
        return invitations.filter(pk=invitation_id)
    try:
        address = normalize_address(parse_address(term))
    except InvalidField:
        by_external_id = invitations.filter(external_id=term)
        if by_external_id.exists():
            return by_external_id
        return invitations.filter(prefilter_if_rare(invitations, Q(company__in=search_companies(term, limit))))
    found = Q(allowed_emails__contains=[address]) | Q(pk__in=corrected_from(address))
    return invitations.filter(prefilter_if_rare(invitations, found))


def corrected_from(address: str) -> list[UUID]:
    """The newest hundred invitations on which this address was put right: a look into an index of corrections only."""
    corrections = InvitationEvent.objects.filter(type=EventType.UPDATED, detail__has_key="old")
    found = corrections.annotate(old=KT("detail__old")).filter(old=address).order_by("-pk")
    return list(found.values_list("invitation", flat=True)[:MOST_CORRECTED])
