"""Decline an invitation, with a reason."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from companies.actors import CONTRIBUTOR
from invitations.models import DeclineReason, EventType, Invitation
from invitations.services.addresses import has_everyone_declined
from invitations.services.delivery.notices import queue_notice
from invitations.services.events import log_event
from invitations.services.guards import ensure_active
from invitations.services.invitations import lock_invitation
from invitations.services.notes import check_note
from invitations.services.rate_limits import count_attempt

DAY = timedelta(days=1)
MAX_DECLINE_NOTE = 500


@transaction.atomic
def decline_invitation(invitation: Invitation, *, email: str | None, reason: DeclineReason, note: str = "") -> None:
    """Record that a visitor declines. The invitation can still be used, and a use clears the decline.

    `email`: the address that the visitor verified, or of the personal link. It declines once, and only for itself:
    `declined_at` is set when all addresses did. A visitor without an address declines an invitation for anyone as a
    whole. To a restricted one such a visitor says nothing but a reason, once a day. The inviter is mailed about each
    address, and once a day about visitors without one. Raises `InvitationClosed`, and `InvalidField` for the `note`.
    """
    note = check_note(note, MAX_DECLINE_NOTE)
    locked = lock_invitation(invitation)
    ensure_active(locked)
    email = email if locked.is_restricted and email and locked.allows(email) else None
    if not _record(locked, email):
        return
    detail: dict[str, Any] = {"reason": reason.value} | ({"note": note} if note else {})
    declined = log_event(locked, EventType.DECLINED, by=CONTRIBUTOR, email=email, **detail)
    if email or count_attempt(f"decline-mail:{locked.pk}", limit=1, per=DAY):
        queue_notice(declined)


def _record(locked: Invitation, email: str | None) -> bool:
    """Store who declined. False if that was known, or is one of too many visitors without an address."""
    if locked.is_restricted and email is None:
        return count_attempt(f"decline:{locked.pk}", limit=1, per=DAY)
    if email in locked.declined_emails or (email is None and locked.declined_at):
        return False
    now = timezone.now()
    if email:
        locked.declined_emails = [*locked.declined_emails, email]
    if email is None or has_everyone_declined(locked):
        locked.declined_at = now
    locked.updated_at = now
    locked.save(update_fields=["declined_emails", "declined_at", "updated_at"])
    return True
