"""Queue, send and retry invitation mails, and record their deliveries.

A mail is queued in the transaction that causes it, and ends as sent, failed, or reported by the mail provider.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.types import JSONDict
from uuid_utils.compat import uuid7

from companies.actors import SYSTEM, Actor
from companies.addresses import normalize_address
from config.db.advisory_locks import try_lock
from config.exceptions import InvalidField
from config.jobs import defer
from invitations.emails import invitation_mail
from invitations.models import BOUNCED_OR_COMPLAINED, Delivery, DeliveryStatus, EventType, Invitation, PersonalLink
from invitations.models.status import Status
from invitations.models.tokens import encrypt_token, hash_token, new_token
from invitations.services.delivery import smtp
from invitations.services.delivery.smtp import PermanentDeliveryError, TemporaryDeliveryError, clean_server_text
from invitations.services.events import log_event
from invitations.services.guards import ensure_active
from invitations.services.rate_limits import check_rate_limit

RESENDS_PER_HOUR = 10
# job priorities: a single mail does not wait for the thousands of a batch
SINGLE, BATCH = 0, -10
# 25 hours: after 1, 2, 4 … 128 minutes, then every three hours. RFC 5321, 4.5.4.1, begins with 30 minutes and goes on
# for days, but that is for the server behind ours; here a person waits
RETRY_DELAYS = (*(timedelta(minutes=2**n) for n in range(8)), *([timedelta(hours=3)] * 7))

GIVEN_UP = gettext_lazy("The mail could not be sent for a day; the fault is on our side.")

logger = logging.getLogger("latchkey.mail")


def queue_mails(invitation: Invitation, emails: Sequence[str], *, priority: int = SINGLE) -> list[Delivery]:
    """Create a delivery and a personal link for each address. The worker sends after this transaction commits.

    An address that was mailed before begins a new round; its earlier links stay valid. Jobs with the highest `priority`
    go first.
    """
    Delivery.objects.filter(invitation=invitation, email__in=emails).update(
        round=F("round") + 1, status=DeliveryStatus.QUEUED, attempts=0, last_error=None
    )
    Delivery.objects.bulk_create(
        (Delivery(invitation=invitation, email=email, round=1) for email in emails), ignore_conflicts=True
    )
    deliveries = list(Delivery.objects.filter(invitation=invitation, email__in=emails))
    PersonalLink.objects.bulk_create(_new_link(delivery) for delivery in deliveries)
    if deliveries:
        jobs: list[JSONDict] = [{"delivery_id": str(each.pk), "round_number": each.round} for each in deliveries]
        defer("invitations.tasks.send_invitation", *jobs, priority=priority)
    return deliveries


@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: Actor, emails: Sequence[str] | None = None) -> Invitation:
    """Mail the invitation again, to all allowed addresses or to `emails` of them. Earlier links stay valid.

    At most 10 times an hour. Raises for an inactive invitation, and `InvalidField` for an address that is not allowed.
    """
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("company__partner").get(pk=invitation.pk)
    ensure_active(locked)
    chosen = locked.mailable_emails if emails is None else _checked_emails(locked, emails)
    if not chosen:
        raise InvalidField(("emails",), _("The invitation has no address to mail. Add one first."), code="empty")
    check_rate_limit(f"resend:{locked.pk}", limit=RESENDS_PER_HOUR, per=timedelta(hours=1))
    queue_mails(locked, chosen)
    log_event(locked, EventType.RESENT, by=by, emails=chosen)
    return locked


def attempt_delivery(delivery_id: UUID, *, round_number: int) -> timedelta | None:
    """Try to send the mail of this round once, and record the outcome.

    Returns the delay before the next attempt, or None if the mail was sent, has failed or ended, or a later round
    began. An advisory lock keeps other workers from the same mail; the row stays unlocked, so that no request waits
    for the mail server. If the worker is killed after sending, the mail goes out twice rather than not at all.
    """
    with transaction.atomic():
        if not try_lock(f"delivery:{delivery_id}"):
            return RETRY_DELAYS[0]
        waiting = Delivery.objects.filter(pk=delivery_id, round=round_number, status=DeliveryStatus.QUEUED)
        delivery = waiting.select_related("invitation__company__partner", "invitation__connection__datasource").first()
        if delivery is None:
            return None
        delivery.attempts += 1
        delivery.last_attempt_at = timezone.now()
        try:
            smtp.send(lambda: _mail_of(delivery))
        except PermanentDeliveryError as error:
            _fail(delivery, str(error))
        except TemporaryDeliveryError as error:
            return _retry_later(delivery, str(error))
        else:
            delivery.status, delivery.last_error = DeliveryStatus.SENT, None
            log_event(delivery.invitation, EventType.SENT, by=SYSTEM, email=delivery.email)
        _save(delivery)
    return None


@transaction.atomic
def give_up_delivery(delivery_id: UUID, *, round_number: int) -> None:
    """Mark a queued delivery as failed and log it, after the last attempt of its job."""
    waiting = Delivery.objects.select_for_update().filter(pk=delivery_id, round=round_number)
    if delivery := waiting.filter(status=DeliveryStatus.QUEUED).first():
        _fail(delivery, str(GIVEN_UP))
        _save(delivery)


def record_delivery_report(reference: str, status: DeliveryStatus, *, reason: str | None = None) -> Delivery | None:
    """Record the provider's report on the mail with this `Delivery.reference`.

    Returns None for an unknown mail and for an earlier round. A late "delivered" never replaces a bounce or complaint.
    """
    delivery_id, __, round_number = reference.partition(".")
    try:
        key, number = UUID(delivery_id), int(round_number)
    except ValueError:
        return None
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().filter(pk=key, round=number).first()
        if (
            delivery is None
            or delivery.status == status
            or (delivery.status in BOUNCED_OR_COMPLAINED and status not in BOUNCED_OR_COMPLAINED)
        ):
            return delivery
        delivery.status, delivery.last_error = status, None
        if status in BOUNCED_OR_COMPLAINED:
            delivery.last_error = clean_server_text(reason or str(status.label))
            log_event(
                delivery.invitation,
                EventType.DELIVERY_FAILED,
                by=SYSTEM,
                email=delivery.email,
                reason=delivery.last_error,
            )
        delivery.save(update_fields=["status", "last_error"])
    return delivery


def _mail_of(delivery: Delivery) -> EmailMultiAlternatives:
    """Build the mail. Raises `PermanentDeliveryError` if the invitation, address or link has ended."""
    invitation = delivery.invitation
    if invitation.status != Status.ACTIVE:
        status = Status(invitation.status).label.lower()
        raise PermanentDeliveryError(_("Not sent: the invitation was %(status)s by then.") % {"status": status})
    if not invitation.allows(delivery.email):
        raise PermanentDeliveryError(_("Not sent: the address was removed from the invitation."))
    link = delivery.links.order_by("-pk").first()
    if link is None:
        raise PermanentDeliveryError(_("Not sent: the link was replaced."))
    return invitation_mail(delivery, link)


def _fail(delivery: Delivery, reason: str) -> None:
    delivery.status, delivery.last_error = DeliveryStatus.FAILED, reason
    log_event(delivery.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=delivery.email, reason=reason)


def _retry_later(delivery: Delivery, reason: str) -> timedelta | None:
    delay = RETRY_DELAYS[delivery.attempts - 1] if delivery.attempts <= len(RETRY_DELAYS) else None
    delivery.last_error = reason
    if delay is None:
        _fail(delivery, reason)
    _save(delivery)
    logger.warning("mail %s was not sent (attempt %s): %s", delivery.reference, delivery.attempts, reason)
    return delay


def _save(delivery: Delivery) -> None:
    """Save unless a later round began meanwhile. Keep a status that the provider reported meanwhile."""
    same_round = Delivery.objects.filter(pk=delivery.pk, round=delivery.round)
    same_round.update(attempts=delivery.attempts, last_attempt_at=delivery.last_attempt_at)
    same_round.filter(status=DeliveryStatus.QUEUED).update(status=delivery.status, last_error=delivery.last_error)


def _checked_emails(invitation: Invitation, emails: Sequence[str]) -> list[str]:
    checked = []
    for index, address in enumerate(emails):
        normal = normalize_address(address, field=("emails", index))
        if not invitation.allows(normal):
            raise InvalidField(("emails", index), _("This address is not on the invitation."), code="not_allowed")
        checked.append(normal)
    return list(dict.fromkeys(checked))


def _new_link(delivery: Delivery) -> PersonalLink:
    link_id, token = uuid7(), new_token()
    return PersonalLink(
        id=link_id,
        delivery=delivery,
        token_hash=hash_token(token),
        encrypted_token=encrypt_token(token, owner_id=link_id),
    )
