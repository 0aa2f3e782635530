"""Addresses that are to be reminded: they were mailed and did not answer."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from config.db.index_hints import InArray
from invitations.models import Delivery, EventType, FormDraft, InvitationEvent, PersonalLink, Use
from invitations.models.delivery import MAILED, is_mailable
from invitations.services.reminders.subscriptions import unsubscribed

# after another mail to the address, and after its last step
PAUSE_AFTER_MAIL = timedelta(hours=12)
PAUSE_AFTER_STEP = timedelta(hours=24)


def remindable(mails: QuerySet[Delivery], *, at: datetime) -> QuerySet[Delivery]:
    """Mails whose address gets the `next_reminder` of its invitation at this time, unless it unsubscribed."""
    return unanswered(mails, at=at).filter(
        Exists(PersonalLink.objects.filter(delivery=OuterRef("pk"))),
        ~Q(InArray(F("invitation__next_reminder"), F("reminders"))),
        status__in=MAILED,
        last_attempt_at__lte=at - PAUSE_AFTER_MAIL,
    )


def is_still_wanted(delivery: Delivery, *, at: datetime) -> bool:
    """False if the address has answered or unsubscribed since its reminder was queued."""
    return unanswered(Delivery.objects.filter(pk=delivery.pk), at=at).exists() and not unsubscribed([delivery])


def unanswered(mails: QuerySet[Delivery], *, at: datetime) -> QuerySet[Delivery]:
    """Mails whose address may still use the invitation, and neither used, declined nor forwarded it.

    An address that was verified, or whose form was kept, within the last 24 hours is about to answer.
    """
    same, since = {"invitation": OuterRef("invitation"), "email": OuterRef("email")}, at - PAUSE_AFTER_STEP
    events = InvitationEvent.objects.filter(**same)
    return mails.filter(
        is_mailable(F("invitation__allowed_emails")),
        ~Exists(Use.objects.filter(**same)),
        # a use by another address clears the decline, but not its event
        ~Exists(events.filter(type=EventType.DECLINED)),
        ~Exists(events.filter(type=EventType.EMAIL_VERIFIED, created_at__gt=since)),
        ~Exists(FormDraft.objects.filter(**same, saved_at__gt=since)),
        ~Exists(Delivery.objects.filter(invitation=OuterRef("invitation"), forwarded_by=OuterRef("email"))),
        invitation__declined_at=None,
    )
