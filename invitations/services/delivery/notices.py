"""Mails to the person who sent an invitation, about what its contributor did."""

import logging
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from companies.models import User, with_brand
from companies.services.mailbox import MAILS
from config.jobs import defer
from invitations.emails import notice_mail
from invitations.models import EventType, Invitation, InvitationEvent
from invitations.services.delivery import smtp
from invitations.services.delivery.limits import count_contact_mail
from invitations.services.delivery.retries import retry_delay
from invitations.services.delivery.smtp import DeliveryError, MailKind, TemporaryDeliveryError

logger = logging.getLogger("latchkey.mail")


def queue_notice(event: InvitationEvent) -> None:
    """Queue a mail to the inviter about an event, which has a template of its own. Call it after `log_event`.

    Beyond the limit of mails to a contact about such events, nothing is queued. A mail of test mode is stored at once.
    """
    company, to = event.invitation.company, find_inviter(event.invitation)
    if to is None:
        return
    if company.is_live and not count_contact_mail(company.partner_id, to, topic=event.type):
        logger.warning("no notice about invitation %s: too many mails in a day", event.invitation_id)
        return
    if company.is_live or send_notice(event.pk):
        defer("invitations.tasks.send_notice", {"event_id": str(event.pk)})


def find_inviter(invitation: Invitation) -> str | None:
    """Address of the member of staff who created the invitation and may still see it, else that for replies."""
    created = InvitationEvent.objects.filter(invitation=invitation, type=EventType.CREATED).select_related("user")
    event = created.order_by("pk").first()
    if event and event.user and _may_see(event.user, invitation):
        return event.user.email
    return invitation.company.reply_to


def send_notice(event_id: UUID) -> timedelta | None:
    """Mail the inviter about an event. Returns the delay before the next attempt, or None."""
    event = InvitationEvent.objects.select_related(*with_brand("invitation__company")).filter(pk=event_id).first()
    to = find_inviter(event.invitation) if event else None
    if event is None or to is None:
        return None
    delay = None
    try:
        _send(event, to)
    except DeliveryError as error:
        if isinstance(error, TemporaryDeliveryError):
            delay = retry_delay(error.fault, failing_for=timezone.now() - event.created_at)
        if delay is None:
            MAILS.count(MailKind.NOTICE, "failed")
            logger.warning("a notice about invitation %s could not be delivered", event.invitation_id)
    return delay


def _send(event: InvitationEvent, to: str) -> None:
    if event.invitation.company.is_live:
        smtp.ensure_no_outage(MailKind.NOTICE)
    smtp.send(lambda: notice_mail(event, to=to), invitation=event.invitation, kind=MailKind.NOTICE)


def _may_see(user: User, invitation: Invitation) -> bool:
    is_within = user.company_limit is None or invitation.company_id in user.company_limit
    return user.is_active and user.is_staff and is_within
