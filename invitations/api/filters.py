"""The list's filters."""

from datetime import timedelta
from typing import Any

from config.ids import first_id_at
from invitations.models import InvitationQuerySet

ID_GRAIN = timedelta(seconds=1)


def matching(invitations: InvitationQuerySet, query: dict[str, Any]) -> InvitationQuerySet:
    """Those for which everything holds that `query` asks for, under the wire's names."""
    if statuses := query.get("status"):
        invitations = invitations.in_status(*statuses)
    if types := query.get("invitationType"):
        invitations = invitations.filter(invitation_type__in=types)
    if email := query.get("email"):
        invitations = invitations.filter(allowed_emails__contains=[email])
    if connection_id := query.get("connectionId"):
        invitations = invitations.filter(connection_id=connection_id)
    if external_id := query.get("externalId"):
        invitations = invitations.filter(external_id=external_id)
    if after := query.get("createdAfter"):
        invitations = invitations.filter(created_at__gt=after, pk__gte=first_id_at(after, shift=-ID_GRAIN))
    if before := query.get("createdBefore"):
        invitations = invitations.filter(created_at__lt=before, pk__lte=first_id_at(before, shift=ID_GRAIN))
    return invitations
