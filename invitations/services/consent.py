"""Find the consent to a connection, and withdraw it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from companies.actors import CONTRIBUTOR
from connections.models import ConnectionEventType
from connections.services.closing import disable_connection
from connections.services.connections import lock_connection
from connections.services.events import log_connection_event
from invitations.models import EventType, Use
from invitations.services.delivery.notices import queue_notice
from invitations.services.events import log_event
from invitations.services.invitations import lock_invitation

# the partner sees it as the detail of the status
REASON = "The contributor withdrew the consent."


def find_consent(connection_id: UUID) -> Use | None:
    """Return the use by which the consent to a connection was last given. None if no contributor gave any."""
    given = uses_of(connection_id).select_related("receipt").filter(consent_version__isnull=False)
    return given.order_by("-pk").first()


@transaction.atomic
def withdraw_consent(use: Use) -> None:
    """End the connection of a use: disable it, delete its login, and tell the partner and the inviter.

    All consents to the connection end with it: an earlier receipt can end no connection that is made later. A second
    call changes nothing. Open invitations to repair the connection end, as `disable_connection` says.
    """
    # before the connection, as a correction does, so that one comes before or after the other
    lock_invitation(use.invitation)
    connection = lock_connection(use.target)
    given = uses_of(connection.pk).filter(withdrawn_at=None)
    if not given.filter(pk=use.pk).exists():
        return
    connection = disable_connection(connection, by=CONTRIBUTOR, reason=REASON)
    given.update(withdrawn_at=timezone.now())
    invited: dict[str, Any] = {"invitationId": str(use.invitation_id)}
    log_connection_event(connection, ConnectionEventType.WITHDRAWN, by=CONTRIBUTOR, email=use.email, **invited)
    detail: dict[str, Any] = {"connectionId": str(connection.pk), "consent": use.consent}
    queue_notice(log_event(use.invitation, EventType.WITHDRAWN, by=CONTRIBUTOR, email=use.email, **detail))


def uses_of(connection_id: UUID) -> QuerySet[Use]:
    """Uses that created or repaired the connection."""
    repaired = Q(connection=None, invitation__connection=connection_id)
    return Use.objects.filter(Q(connection=connection_id) | repaired)
