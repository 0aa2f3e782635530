"""Columns of the CSV export of invitations. No link, token or encrypted value."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from invitations.models import Invitation
from invitations.models.status import Status

INVITATION_COLUMNS: dict[str, Callable[[Any], object]] = {
    "Id": attrgetter("pk"),
    "Company": lambda invitation: str(invitation.company),
    "Company id": attrgetter("company_id"),
    "Status": lambda invitation: str(Status(invitation.current_status).label),
    "Type": Invitation.get_invitation_type_display,
    "Allowed addresses": lambda invitation: " ".join(invitation.allowed_emails),
    "Uses": attrgetter("use_count"),
    "Maximum uses": attrgetter("max_uses"),
    "Created": attrgetter("created_at"),
    "Expires": attrgetter("expires_at"),
    "Last opened": attrgetter("last_viewed_at"),
    "Revoked": attrgetter("revoked_at"),
    "Reminders": attrgetter("sends_reminders"),
    "May be forwarded": attrgetter("allows_forwarding"),
    "Declined": attrgetter("declined_at"),
    "External id": attrgetter("external_id"),
    "Repaired connection id": attrgetter("connection_id"),
}
