"""The next reminder, as far as it is known now."""

from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from invitations.models import Invitation
from invitations.services.reminders.recipients import remindable
from invitations.services.reminders.schedule import likely_time, plan_reminders
from invitations.services.reminders.subscriptions import unsubscribed


class NoReminder(Enum):
    SWITCHED_OFF = auto()
    NOT_MAILED = auto()
    TOO_SHORT = auto()
    OVER = auto()
    ALL_ANSWERED = auto()


class Outlook(NamedTuple):
    """When the next reminder leaves and to which addresses, or why there is none."""

    at: datetime | None = None
    emails: tuple[str, ...] = ()
    reason: NoReminder | None = None


def next_reminder_of(invitation: Invitation) -> Outlook:
    """Return the outlook of an invitation that can be used."""
    at = likely_time(invitation)
    if not invitation.sends_reminders:
        return Outlook(reason=NoReminder.SWITCHED_OFF)
    if at is None:
        return Outlook(reason=NoReminder.OVER if plan_reminders(invitation) else NoReminder.TOO_SHORT)
    mails = list(remindable(invitation.deliveries.all(), at=at).order_by("pk"))
    stopped = unsubscribed(mails)
    emails = tuple(mail.email for mail in mails if mail.pk not in stopped)
    if emails:
        return Outlook(at, emails)
    was_mailed = bool(mails) or invitation.deliveries.exists()
    return Outlook(reason=NoReminder.ALL_ANSWERED if was_mailed else NoReminder.NOT_MAILED)
