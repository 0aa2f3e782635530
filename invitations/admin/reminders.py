"""The line about reminders on the page of an invitation."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.time_zones import find_time_zone
from invitations.admin.actions import joined_emails
from invitations.models import Invitation
from invitations.models.status import Status
from invitations.services.reminders.outlook import NoReminder, next_reminder_of

REASONS = {
    NoReminder.SWITCHED_OFF: _("Reminders are switched off."),
    NoReminder.NOT_MAILED: _("No reminder: the invitation was not mailed."),
    NoReminder.TOO_SHORT: _("No reminder: the invitation lasts less than two days."),
    NoReminder.OVER: _("No further reminder: all of them are over."),
    NoReminder.ALL_ANSWERED: _(
        "No reminder: no address is left. Those that answered, declined or unsubscribed get none, and neither do those "
        "that no mail reaches."
    ),
}


def reminder_sentence(invitation: Invitation) -> str:
    """Say when the next reminder leaves and to whom, or why none does. Empty if the invitation cannot be used."""
    if invitation.status != Status.ACTIVE or not invitation.company.is_active:
        return ""
    outlook = next_reminder_of(invitation)
    if outlook.at is None or outlook.reason:
        return str(REASONS[outlook.reason or NoReminder.OVER])
    given = {"time": _local(outlook.at, invitation), "emails": joined_emails(list(outlook.emails))}
    return gettext("The next reminder leaves on %(time)s, to %(emails)s.") % given


def _local(moment: datetime, invitation: Invitation) -> str:
    """`4 Mar 2026, 10:12 CET`, in the zone of the company."""
    return str(localize(timezone.localtime(moment, find_time_zone(invitation.company.time_zone))))
