"""Choice of invitations, by their ids or by the filters of the list."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from companies.api.base import PartnerViewSet
from config.api.fields import (
    SingleLineField,
    StrictCharField,
    StrictChoiceField,
    StrictListField,
    StrictSerializer,
    StrictTimeField,
    StrictUUIDField,
)
from config.api.pagination import KeysetPagination
from config.db.index_hints import newest_first_for
from invitations.api.bodies import OPTIONAL
from invitations.api.bulk.bodies import MOST_ITEMS
from invitations.api.filters import AllowedFilterField, disjoint_conditions, filter_invitations
from invitations.models import Invitation, InvitationType
from invitations.models.status import Status
from invitations.services.invitations import MAX_REASON_LENGTH


class InvitationFilter(StrictSerializer):
    """The filters of `listInvitations`, at least one. Without `status`, only active invitations match."""

    status = StrictListField(child=StrictChoiceField(Status.choices), required=False, allow_empty=False)
    invitationType = StrictListField(child=StrictChoiceField(InvitationType.choices), required=False, allow_empty=False)
    email = AllowedFilterField(required=False)
    connectionId = StrictUUIDField(required=False)
    externalId = StrictCharField(max_length=255, required=False)
    createdAfter = StrictTimeField(required=False)
    createdBefore = StrictTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reject an empty filter: it would mean all invitations, and may be a mistake."""
        if not attrs:
            raise serializers.ValidationError("Send at least one filter.", code="empty")
        return {"status": [Status.ACTIVE], **attrs}


class ChosenInvitations(StrictSerializer):
    """Either `ids` or a `filter`."""

    example: dict[str, Any] = {"filter": {"email": "jane@example.com"}}
    ids = StrictListField(
        child=StrictUUIDField(), required=False, allow_empty=False, max_length=MOST_ITEMS, help_text="Up to 500."
    )
    filter = InvitationFilter(required=False)
    cursor = StrictCharField(
        max_length=200, **OPTIONAL, help_text="With a filter: the `nextCursor` of the previous response."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"ids": ["Send either ids or a filter."]})
        if "ids" in attrs and attrs.get("cursor"):
            raise serializers.ValidationError({"cursor": ["A cursor goes with a filter."]})
        return attrs


class ResendInvitations(ChosenInvitations):
    """Invitations to mail again, to all their addresses."""


class RevokeInvitations(ChosenInvitations):
    """Invitations to revoke, and a reason for their event logs."""

    example = ChosenInvitations.example | {"reason": "Sent to the wrong person"}
    reason = SingleLineField(max_length=MAX_REASON_LENGTH, **OPTIONAL)


class ChosenPagination(KeysetPagination):
    results_name = "results"
    cursor_field = "cursor"


def choose(view: PartnerViewSet, body: dict[str, Any]) -> tuple[list[UUID], str | None]:
    """Return up to 500 ids, in the order of the body or newest first, and the cursor if the filter has more."""
    if ids := body.get("ids"):
        return list(dict.fromkeys(ids)), None
    view.query = {"limit": MOST_ITEMS, "cursor": body.get("cursor")}
    invitations = newest_first_for(Invitation.objects.all(), "company", view.company.pk)
    found = filter_invitations(invitations, body["filter"]).values_list("id", named=True)
    paginator = ChosenPagination()
    conditions = disjoint_conditions(invitations, body["filter"])
    rows = paginator.paginate_queryset(found, view.request, view, conditions)
    return [row.id for row in rows], paginator.next_cursor
