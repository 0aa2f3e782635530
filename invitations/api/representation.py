"""An invitation as the wire has it, written by hand: a list of a hundred is made of these."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from companies.api.log import represent_log_line
from config.db.compiled_queries import compiled
from invitations.models import Delivery, Invitation, InvitationEvent, Use, public_url
from invitations.models.status import status_of
from invitations.models.tokens import decrypt_token

# what is read for a page: rows, not models, of which a hundred would cost more than all the rest
COLUMNS = (
    "id",
    "encrypted_token",
    "invitation_type",
    "company_id",
    "connection_id",
    "allowed_emails",
    "expires_at",
    "max_uses",
    "use_count",
    "created_at",
    "updated_at",
    "prefill",
    "message",
    "locale",
    "external_id",
    "metadata",
    "redirect_url",
    "revoked_at",
)


def represent_invitations(rows: list[Any]) -> list[dict[str, Any]]:
    """Invitations, or rows of `COLUMNS`, as the wire has them; at most one query more, whatever their number."""
    now = timezone.now()
    made = _created_connections(rows)
    return [_represent(row, now, made.get(row.id, [])) for row in rows]


def represent_invitation(invitation: Invitation) -> dict[str, Any]:
    """One invitation as the wire has it, with its link."""
    return represent_invitations([invitation])[0]


def represent_detail(invitation: Invitation) -> dict[str, Any]:
    """The same with its log and what became of its mails."""
    return represent_invitation(invitation) | {
        "events": [represent_log_line(event) for event in _events(invitation_id=invitation.pk)],
        "deliveries": [represent_delivery(delivery) for delivery in _deliveries(invitation_id=invitation.pk)],
    }


@compiled
def _events(invitation_id: UUID) -> QuerySet[InvitationEvent]:
    return InvitationEvent.objects.filter(invitation=invitation_id).select_related("api_key").order_by("pk")


@compiled
def _deliveries(invitation_id: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(invitation=invitation_id).order_by("pk")


def _represent(row: Any, now: datetime, created: list[dict[str, Any]]) -> dict[str, Any]:
    token = decrypt_token(bytes(row.encrypted_token), owner_id=row.id)
    return {
        "id": row.id,
        "token": token,
        "invitationType": row.invitation_type,
        "status": status_of(row, now),
        "invitationUrl": public_url(token),
        "companyId": row.company_id,
        "connectionId": row.connection_id,
        "allowedEmails": row.allowed_emails,
        "expiresAt": row.expires_at,
        "maxUses": row.max_uses,
        "useCount": row.use_count,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
        "prefill": row.prefill,
        "createdConnections": created,
        "message": row.message,
        "locale": row.locale,
        "externalId": row.external_id,
        "metadata": row.metadata,
        "redirectUrl": row.redirect_url,
        "revokedAt": row.revoked_at,
    }


def _created_connections(rows: list[Any]) -> dict[UUID, list[dict[str, Any]]]:
    """What the used ones among `rows` have made, by the invitation's id, oldest first."""
    made: dict[UUID, list[dict[str, Any]]] = {}
    used = [row.id for row in rows if row.use_count]
    if not used:
        return made
    uses = Use.objects.filter(invitation__in=used, connection__isnull=False)
    for use in uses.select_related("connection__datasource").order_by("pk"):
        assert use.connection is not None  # noqa: S101 - the query has seen to it
        made.setdefault(use.invitation_id, []).append(
            {
                "id": use.connection.pk,
                "datasourceName": use.connection.provider_name,
                "status": use.connection.status,
                "created": use.connection.created_at,
            }
        )
    return made


def represent_delivery(delivery: Delivery) -> dict[str, Any]:
    """What became of the mail to one address."""
    return {
        "email": delivery.email,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "lastAttemptAt": delivery.last_attempt_at,
        "lastError": delivery.last_error,
    }
