"""How staff find an invitation among a million."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from companies.addresses import normalize_address
from companies.admin import companies_named
from config.admin.lists import as_id
from config.refusals import InvalidField
from invitations.models import InvitationQuerySet
from invitations.status import Status


class StatusFilter(admin.SimpleListFilter):
    """By the rule of the API."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in Status]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.in_status(self.value()) if self.value() else queryset


def found_by(invitations: InvitationQuerySet, term: str, limit: frozenset[UUID] | None = None) -> InvitationQuerySet:
    """By id, by allowed address (exact, in any case), else by external id (exact) or company name (part of it).

    Each is a look into an index, so that the table may be large.
    """
    term = term.strip()
    if not term:
        return invitations
    if invitation_id := as_id(term):
        return invitations.filter(pk=invitation_id)
    try:
        return invitations.filter(allowed_emails__contains=[normalize_address(term)])
    except InvalidField:
        return invitations.filter(Q(external_id=term) | Q(company__in=companies_named(term, limit)))
