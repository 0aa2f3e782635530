from datetime import timedelta
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from companies.addresses import MAX_LENGTH
from companies.api.fields import EmailFilterField
from config.api.fields import QueryTimeField, StrictChoiceField, StrictListField
from config.api.query import PageQuery
from config.db.index_hints import prefilter_if_rare
from config.db.uuid7 import first_uuid7_at
from invitations.models import Invitation, InvitationQuerySet, InvitationType
from invitations.models.status import Status
from invitations.services.addresses import normalize_allowed

ID_GRAIN = timedelta(seconds=1)


@extend_schema_field({"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$", "maxLength": MAX_LENGTH})
class AllowedFilterField(EmailFilterField):
    """Also takes `*@example.com`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(normalize_allowed, **kwargs)


class InvitationQuery(PageQuery):
    status = StrictListField(
        child=StrictChoiceField(Status.choices), required=False, help_text="Repeat it to match any of several."
    )
    invitationType = StrictListField(
        child=StrictChoiceField(InvitationType.choices), required=False, help_text="Repeat it to match both."
    )
    email = AllowedFilterField(required=False, help_text="Exact address, in upper or lower case, or `*@example.com`.")
    connectionId = serializers.UUIDField(required=False, help_text="Invitations to repair this connection.")
    externalId = serializers.CharField(max_length=255, required=False, help_text="Your own reference, exactly.")
    createdAfter = QueryTimeField(required=False, help_text="Created later than this time.")
    createdBefore = QueryTimeField(required=False, help_text="Created earlier than this time.")


def filter_invitations(invitations: InvitationQuerySet, query: dict[str, Any]) -> InvitationQuerySet:
    """Apply the parameters of `listInvitations`, except for `status`: see `disjoint_conditions`."""
    if types := query.get("invitationType"):
        invitations = invitations.filter(invitation_type__in=types)
    if email := query.get("email"):
        with_email = prefilter_if_rare(Invitation.objects.all(), Q(allowed_emails__contains=[email]))
        invitations = invitations.filter(with_email)
    if connection_id := query.get("connectionId"):
        invitations = invitations.filter(connection_id=connection_id)
    if external_id := query.get("externalId"):
        invitations = invitations.filter(external_id=external_id)
    if after := query.get("createdAfter"):
        invitations = invitations.filter(created_at__gt=after, pk__gte=first_uuid7_at(after, shift=-ID_GRAIN))
    if before := query.get("createdBefore"):
        invitations = invitations.filter(created_at__lt=before, pk__lte=first_uuid7_at(before, shift=ID_GRAIN))
    return invitations


def disjoint_conditions(invitations: InvitationQuerySet, query: dict[str, Any]) -> list[Q]:
    """Return conditions for `status` that each have an index; `invitations` are those of the company, unfiltered.

    With the filtered ones, PostgreSQL would read all rows to find out that few of them match.
    """
    return invitations.disjoint_conditions(*query.get("status", []), by=("company_id", "expires_at"))
