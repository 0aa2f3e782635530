"""An invitation as the wire has it, written by hand: a list of a hundred is made of these."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from invitations.models import Delivery, Invitation, InvitationEvent, public_url
from invitations.status import status_of


def represent_invitation(invitation: Invitation, *, now: datetime | None = None) -> dict[str, Any]:
    """Needs `with_created_connections()`, but for one that has just been made."""
    token = invitation.token
    return {
        "id": invitation.pk,
        "token": token,
        "invitationType": invitation.invitation_type,
        "status": status_of(invitation, now or timezone.now()),
        "invitationUrl": public_url(token),
        "companyId": invitation.company_id,
        "connectionId": invitation.connection_id,
        "allowedEmails": invitation.allowed_emails,
        "expiresAt": invitation.expires_at,
        "maxUses": invitation.max_uses,
        "useCount": invitation.use_count,
        "createdAt": invitation.created_at,
        "updatedAt": invitation.updated_at,
        "prefill": invitation.prefill,
        "createdConnections": [_represent_created(made) for made in getattr(invitation, "created", ())],
        "message": invitation.message,
        "locale": invitation.locale,
        "externalId": invitation.external_id,
        "metadata": invitation.metadata,
        "redirectUrl": invitation.redirect_url,
        "revokedAt": invitation.revoked_at,
    }


def represent_detail(invitation: Invitation) -> dict[str, Any]:
    """The same with its log and what became of its mails."""
    return represent_invitation(invitation) | {
        "events": [represent_event(event) for event in invitation.events.order_by("pk")],
        "deliveries": [represent_delivery(delivery) for delivery in invitation.deliveries.order_by("pk")],
    }


def represent_delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "email": delivery.email,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "lastAttemptAt": delivery.last_attempt_at,
        "lastError": delivery.last_error,
    }


def represent_event(event: InvitationEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "type": event.type,
        "createdAt": event.created_at,
        "actor": event.actor,
        "email": event.email,
        "detail": event.detail,
    }


def _represent_created(made: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": made["id"],
        "datasourceName": made["name"] or urlsplit(made["url"] or "").hostname,
        "status": made["status"],
        "created": datetime.fromisoformat(made["created"]),
    }
