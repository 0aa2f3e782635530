"""Disable and delete connections. Their credentials are deleted at once; their events stay."""

from django.db import transaction
from django.utils import timezone

from companies.actors import Actor
from config.validators import validate_single_line
from connections.models import Connection, ConnectionEventType
from connections.models.status import Status
from connections.services.connections import change_status, lock_connection
from connections.services.credentials import delete_credentials
from connections.services.events import log_connection_event

MAX_REASON_LENGTH = 500


@transaction.atomic
def disable_connection(connection: Connection, *, by: Actor, reason: str | None = None) -> Connection:
    """Stop the collection and delete the credentials. New credentials lead back to PENDING.

    Open invitations to repair the connection end. A disabled connection stays unchanged. Raises `InvalidField` for a
    reason that is not one line of at most 500 characters.
    """
    reason = validate_single_line(reason or "", max_length=MAX_REASON_LENGTH, field=("reason",))
    locked = lock_connection(connection)
    if not locked.is_disabled:
        delete_credentials(locked, by=by)
        change_status(locked, Status.DISABLED, by=by, error_detail=reason or None)
    return locked


@transaction.atomic
def delete_connection(connection: Connection, *, by: Actor) -> Connection:
    """Disable the connection and hide it for good. Only its events remain visible. A second call changes nothing.

    The addresses of its owner and contributor are deleted with it: they were kept to have it repaired.
    """
    locked = disable_connection(connection, by=by)
    if not locked.deleted_at:
        locked.deleted_at = timezone.now()
        locked.owner_email = locked.verified_email = None
        locked.save(update_fields=["deleted_at", "owner_email", "verified_email", "updated_at"])
        log_connection_event(locked, ConnectionEventType.DELETED, by=by)
    return locked
