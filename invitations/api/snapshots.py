"""Invitations in events for partners."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.api.json import as_json
from config.api.representation import Representation
from invitations.api import statements
from invitations.api.serializers import InvitationSerializer
from invitations.models import Invitation, Use
from invitations.models.status import status_of

LINK_FIELDS = ("token", "invitationUrl")
LINK = "Only in webhooks of an endpoint with `includeLinks`: as it is when the message is sent."


class InvitationSnapshotSerializer(InvitationSerializer):
    """An invitation at the time of an event, without `token` and `invitationUrl`.

    `createdConnections` are the newest 100.
    """

    token = None  # type: ignore[assignment]
    invitationUrl = None  # type: ignore[assignment]


class EventInvitationDataSerializer(InvitationSnapshotSerializer):
    """An invitation at the time of an event. `createdConnections` are the newest 100."""

    example = {name: value for name, value in InvitationSerializer.example.items() if name not in LINK_FIELDS}
    token = serializers.CharField(required=False, allow_null=True, help_text=LINK)  # type: ignore[assignment]
    invitationUrl = serializers.URLField(required=False, allow_null=True, help_text=LINK)  # type: ignore[assignment]


_snapshot = Representation(InvitationSnapshotSerializer, computed=["status", "createdConnections"])


def take_snapshots(invitations: Sequence[Invitation]) -> list[dict[str, Any]]:
    """Represent invitations in memory, as JSON. One query, or none if they have no uses."""
    Use.prefetch_latest(invitations)
    return [as_json(_represent(invitation)) for invitation in invitations]


def _represent(invitation: Invitation) -> dict[str, Any]:
    uses = reversed(invitation.latest_uses)
    return _snapshot(
        invitation,
        status=status_of(invitation, timezone.now()),
        createdConnections=[statements.created_connection(use.connection) for use in uses],
    )
