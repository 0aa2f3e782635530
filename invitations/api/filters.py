"""The list's filters."""

from datetime import timedelta
from typing import Any

from django.db.models import Q

from config.db.index_hints import prefilter_if_rare
from config.db.uuid7 import first_uuid7_at
from invitations.models import Invitation, InvitationQuerySet

ID_GRAIN = timedelta(seconds=1)


def matching(invitations: InvitationQuerySet, query: dict[str, Any]) -> tuple[InvitationQuerySet, list[Q]]:
    """Those for which everything holds that `query` asks for, under the wire's names, and one of the cases, if any."""
    found = invitations
    if types := query.get("invitationType"):
        found = found.filter(invitation_type__in=types)
    if email := query.get("email"):
        found = found.filter(prefilter_if_rare(Invitation.objects.all(), Q(allowed_emails__contains=[email])))
    if connection_id := query.get("connectionId"):
        found = found.filter(connection_id=connection_id)
    if external_id := query.get("externalId"):
        found = found.filter(external_id=external_id)
    if after := query.get("createdAfter"):
        found = found.filter(created_at__gt=after, pk__gte=first_uuid7_at(after, shift=-ID_GRAIN))
    if before := query.get("createdBefore"):
        found = found.filter(created_at__lt=before, pk__lte=first_uuid7_at(before, shift=ID_GRAIN))
    # of the whole company: the newest of a time are few, but to find that out by their end would mean to read all
    return found, invitations.disjoint_conditions(*query.get("status", []), by=("company_id", "expires_at"))
