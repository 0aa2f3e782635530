"""Build the mail of a delivery, unless it has become superfluous."""

from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from invitations.emails import invitation_mail, reminder_mail
from invitations.models import Delivery
from invitations.models.status import Status, status_of
from invitations.services.delivery.smtp import PermanentDeliveryError
from invitations.services.reminders.recipients import is_still_wanted
from invitations.services.reminders.subscriptions import ensure_subscriptions


def build_mail(delivery: Delivery, *, at: datetime) -> EmailMultiAlternatives:
    """Build the mail. Raises `PermanentDeliveryError` if the invitation, address, link or reminder has ended."""
    invitation = delivery.invitation
    if (status_then := status_of(invitation, at)) != Status.ACTIVE:
        status = status_then.label.lower()
        raise PermanentDeliveryError(_("Not sent: the invitation was %(status)s by then.") % {"status": status})
    if not invitation.company.is_active:
        raise PermanentDeliveryError(_("Not sent: the company was not active by then."))
    if not invitation.allows(delivery.email):
        raise PermanentDeliveryError(_("Not sent: the address was removed from the invitation."))
    link = delivery.links.order_by("-pk").first()
    if link is None:
        raise PermanentDeliveryError(_("Not sent: the link was replaced."))
    if not delivery.reminder:
        return invitation_mail(delivery, link)
    if not invitation.sends_reminders or invitation.has_nothing_to_do or not is_still_wanted(delivery, at=at):
        raise PermanentDeliveryError(_("Not sent: the reminder was superfluous by then."))
    return reminder_mail(delivery, link, ensure_subscriptions([delivery])[delivery.pk])
