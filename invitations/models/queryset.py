"""Queries of invitations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from companies.models import seen_by
from config.db.index_hints import prefilter_if_rare
from invitations.models.status import Status, status_case, status_cases, status_condition
from invitations.models.tokens import hash_token

if TYPE_CHECKING:
    from invitations.models.invitation import Invitation


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, api_key_id: UUID) -> Self:
        return self.filter(seen_by(api_key_id))

    def with_status(self) -> Self:
        return self.annotate(current_status=status_case())

    def in_status(self, *statuses: str) -> Self:
        return self.filter(status_condition(statuses))

    def disjoint_conditions(self, *statuses: str, by: Sequence[str]) -> list[Q]:
        """Return disjoint conditions that together equal `in_status`, so that each can use its own index.

        `by` names the index columns for expiring invitations. Runs up to two short queries.
        """
        cases = status_cases(statuses)
        return [prefilter_if_rare(self, case.condition, *by) if case.is_timed else case.condition for case in cases]

    def active(self) -> Self:
        return self.in_status(Status.ACTIVE)

    def opened_by(self, token: str) -> "Invitation | None":
        """Return the invitation with this token, or with a personal link that has it."""
        token_hash = hash_token(token)
        own = self.filter(token_hash=token_hash).first()
        return own or self.filter(deliveries__links__token_hash=token_hash).first()
