"""Append events to the log of a connection, and publish them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from companies.actors import Actor
from companies.models import PartnerEvent, PartnerEventType
from companies.services.events import append_event
from companies.services.webhooks.publish import Snapshot, new_partner_event, publish, snapshot, snapshots
from connections.models import Connection, ConnectionEvent, ConnectionEventType

KIND = "connection"
PUBLISHED = {
    ConnectionEventType.CREATED: PartnerEventType.CONNECTION_CREATED,
    ConnectionEventType.UPDATED: PartnerEventType.CONNECTION_UPDATED,
    ConnectionEventType.STATUS_CHANGED: PartnerEventType.CONNECTION_STATUS_CHANGED,
    ConnectionEventType.CREDENTIALS_CHANGED: PartnerEventType.CONNECTION_CREDENTIALS_CHANGED,
    ConnectionEventType.WITHDRAWN: PartnerEventType.CONNECTION_WITHDRAWN,
    ConnectionEventType.DELETED: PartnerEventType.CONNECTION_DELETED,
}
References = Mapping[UUID, dict[str, Any]]


def log_connection_event(
    connection: Connection,
    event_type: ConnectionEventType,
    *,
    by: Actor,
    email: str | None = None,
    before: Snapshot | None = None,
    **detail: Any,
) -> ConnectionEvent:
    """Append an event, and publish it by `PUBLISHED`. Call it in the transaction of the change, with a locked row.

    `before` is the snapshot from before the change.
    """
    event = append_event(connection.events, event_type, by=by, email=email, detail=detail)
    if event_type in PUBLISHED:
        publish_changes(event_type, [connection], before=[before])
    return event


def publish_changes(
    event_type: ConnectionEventType, connections: Sequence[Connection], *, before: Sequence[Snapshot | None]
) -> None:
    """Publish an event of each connection, with the number of queries of one. `before` is in their order."""
    invited = find_references({each.origin_invitation_id for each in connections if each.origin_invitation_id})
    changes = zip(connections, snapshots(KIND, connections), before, strict=True)
    publish([_new_event(event_type, each, data, invited, before=old) for each, data, old in changes])


def created_event(connection: Connection, invitation: dict[str, Any] | None) -> PartnerEvent:
    """Return the event of a new connection, for the statement that stores both. `invitation`: its reference."""
    references = {} if invitation is None else {connection.origin_invitation_id: invitation}
    return _new_event(ConnectionEventType.CREATED, connection, snapshot(KIND, connection), references)


def _new_event(
    event_type: ConnectionEventType,
    connection: Connection,
    data: Snapshot,
    invited: Mapping[Any, dict[str, Any]],
    *,
    before: Snapshot | None = None,
) -> PartnerEvent:
    context = {"invitation": invited.get(connection.origin_invitation_id)}
    return new_partner_event(PUBLISHED[event_type], connection, data, before=before, context=context)


def find_references(ids: Collection[UUID]) -> References:
    """Return what events say of the invitations that created the connections, by id."""
    find: Callable[[Collection[UUID]], References] = import_string(settings.EVENT_INVITATIONS)
    return find(ids) if ids else {}
