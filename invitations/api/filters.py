"""The list's filters."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

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
        invitations = invitations.filter(created_at__gt=after, pk__gte=_first_id_at(after, -ID_GRAIN))
    if before := query.get("createdBefore"):
        invitations = invitations.filter(created_at__lt=before, pk__lte=_first_id_at(before, ID_GRAIN))
    return invitations


def _first_id_at(moment: datetime, shift: timedelta) -> UUID:
    """The least UUIDv7 of that millisecond (RFC 9562, 5.7): ids are in order of time, so the index serves times too."""
    seconds = moment.timestamp() + shift.total_seconds()  # as numbers: a datetime has no time after the year 9999
    milliseconds = min(max(int(seconds * 1000), 0), 2**48 - 1)
    return UUID(int=milliseconds << 80)
