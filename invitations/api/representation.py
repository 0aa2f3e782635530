"""Invitations as JSON."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from companies.api.events import represent_event
from config.api.representation import Representation
from config.db.compiled_queries import compiled
from config.db.index_hints import newest_first_for
from invitations.api.deliveries import NOT_MAILED, DeliverySerializer
from invitations.api.serializers import (
    CreatedConnectionSerializer,
    InvitationDetailSerializer,
    InvitationSerializer,
)
from invitations.models import Delivery, Invitation, InvitationEvent, Use, public_url
from invitations.models.status import status_of
from invitations.models.tokens import readable_token

LATEST_EVENTS = 100
COMPUTED = ("token", "status", "invitationUrl", "createdConnections")

_invitation = Representation(InvitationSerializer, computed=COMPUTED)
_detail = Representation(InvitationDetailSerializer, computed=[*COMPUTED, "events", "hasMoreEvents", "deliveries"])
_created_connection = Representation(CreatedConnectionSerializer)
represent_delivery = Representation(DeliverySerializer)

# a list reads rows, because a hundred models cost more than all the rest
COLUMNS = (*_invitation.columns, "encrypted_token")


def represent_invitations(rows: list[Any]) -> list[dict[str, Any]]:
    """Invitations, or rows of `COLUMNS`. Runs at most one query, for any number of rows."""
    now = timezone.now()
    connections = _created_connections(rows)
    return [_invitation(row, **_computed(row, now, connections)) for row in rows]


def represent_invitation(invitation: Invitation) -> dict[str, Any]:
    return represent_invitations([invitation])[0]


def represent_detail(invitation: Invitation) -> dict[str, Any]:
    """An invitation with its latest events and its deliveries."""
    events = list(_newest_events(invitation_id=invitation.pk))
    return _detail(
        invitation,
        **_computed(invitation, timezone.now(), _created_connections([invitation])),
        events=represent_events(reversed(events[:LATEST_EVENTS])),
        hasMoreEvents=len(events) > LATEST_EVENTS,
        deliveries=_represent_deliveries(invitation),
    )


def _represent_deliveries(invitation: Invitation) -> list[dict[str, Any]]:
    """The mails of an invitation. If it was mailed, also the addresses that were not."""
    deliveries = list(_deliveries(invitation_id=invitation.pk))
    if deliveries or invitation.send_email:
        known = {delivery.email for delivery in deliveries}
        unmailed = [email for email in invitation.mailable_emails if email not in known]
        deliveries += [Delivery(email=email, status=NOT_MAILED[0]) for email in unmailed]
    return [represent_delivery(delivery) for delivery in deliveries]


def represent_events(events: Iterable[InvitationEvent]) -> list[dict[str, Any]]:
    """Events that were read with their `api_key`."""
    return [represent_event(event) for event in events]


def events_newest_first(invitation_id: UUID) -> QuerySet[InvitationEvent]:
    return newest_first_for(InvitationEvent.objects.select_related("api_key"), "invitation", invitation_id)


@compiled
def _newest_events(invitation_id: UUID) -> QuerySet[InvitationEvent]:
    """The latest events, and one more if there are older ones."""
    return events_newest_first(invitation_id)[: LATEST_EVENTS + 1]


@compiled
def _deliveries(invitation_id: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(invitation=invitation_id).order_by("pk")


def _computed(row: Any, now: datetime, connections: dict[UUID, list[dict[str, Any]]]) -> dict[str, Any]:
    token = readable_token(bytes(row.encrypted_token), owner_id=row.id)
    return {
        "token": token,
        "status": status_of(row, now),
        "invitationUrl": token and public_url(token),
        "createdConnections": connections.get(row.id, []),
    }


def _created_connections(rows: list[Any]) -> dict[UUID, list[dict[str, Any]]]:
    """The connections that these invitations created, by the invitation's id, oldest first."""
    connections: dict[UUID, list[dict[str, Any]]] = {}
    used = [row.id for row in rows if row.use_count]
    if not used:
        return connections
    uses = Use.objects.filter(invitation__in=used, connection__isnull=False)
    for use in uses.select_related("connection__datasource").order_by("pk"):
        connections.setdefault(use.invitation_id, []).append(_created_connection(use.connection))
    return connections
