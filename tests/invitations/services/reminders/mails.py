"""Invitations that were mailed days ago, and whose reminder is due."""

from datetime import timedelta

from django.utils import timezone

from invitations.models import Delivery, EventType, Invitation, ReminderKind
from tests.invitations.services.delivery.mails import mailed

DAY = timedelta(days=1)


def remindable_invitation(company, *emails, kind=ReminderKind.FIRST, **fields):
    """Mailed a week ago, and due since a minute."""
    invitation = mailed(*emails, company=company, **{"expires_in": 7 * DAY} | fields)
    return let_remind(invitation, kind=kind)


def let_remind(invitation, *, kind=ReminderKind.FIRST):
    now = timezone.now()
    Delivery.objects.filter(invitation=invitation).update(status="SENT", last_attempt_at=now - 7 * DAY)
    Invitation.objects.filter(pk=invitation.pk).update(
        created_at=now - 7 * DAY, next_reminder=kind, next_reminder_at=now - timedelta(minutes=1)
    )
    invitation.refresh_from_db()
    return invitation


def reminded(invitation):
    """Addresses to which a reminder was queued or sent."""
    return sorted(invitation.deliveries.exclude(reminder=None).values_list("email", flat=True))


def logged(invitation):
    return list(invitation.events.filter(type=EventType.REMINDED).order_by("pk").values_list("email", "detail"))
