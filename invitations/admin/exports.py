"""What of an invitation goes into a file: no link, no token, nothing sealed."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from invitations.models import Invitation
from invitations.models.status import Status


def _status(invitation: Any) -> str:
    return str(Status(invitation.current_status).label)


def _addresses(invitation: Invitation) -> str:
    return " ".join(invitation.allowed_emails)


INVITATION_COLUMNS: dict[str, Callable[[Any], object]] = {
    "Id": attrgetter("pk"),
    "Company": attrgetter("company.name"),
    "Company id": attrgetter("company_id"),
    "Status": _status,
    "Type": Invitation.get_invitation_type_display,
    "Allowed addresses": _addresses,
    "Uses": attrgetter("use_count"),
    "Uses allowed": attrgetter("max_uses"),
    "Created": attrgetter("created_at"),
    "Expires": attrgetter("expires_at"),
    "Last opened": attrgetter("last_viewed_at"),
    "Revoked": attrgetter("revoked_at"),
    "External id": attrgetter("external_id"),
    "Repaired connection id": attrgetter("connection_id"),
}
