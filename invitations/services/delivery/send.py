"""Queue, send and retry invitation mails, and record their deliveries.

A mail is queued in the transaction that causes it, and ends as sent, failed, or reported by the mail provider.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
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
from invitations.models import (
    BOUNCED_OR_COMPLAINED,
    Delivery,
    DeliveryStatus,
    EventType,
    Fault,
    Invitation,
    PersonalLink,
)
from invitations.models.status import Status
from invitations.models.tokens import encrypt_token, hash_token, new_token
from invitations.services.delivery import smtp
from invitations.services.delivery.limits import count_mail
from invitations.services.delivery.outages import current_outage
from invitations.services.delivery.retries import SHORTEST, retry_delay
from invitations.services.delivery.smtp import (
    OUR_FAULT,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    clean_server_text,
)
from invitations.services.events import log_event
from invitations.services.guards import ensure_active
from invitations.services.rate_limits import check_rate_limit

RESENDS_PER_HOUR = 10
# job priorities: a single mail does not wait for the thousands of a batch
SINGLE, BATCH = 0, -10

GIVEN_UP = gettext_lazy("The mail could not be sent for a day; the fault is on our side.")

logger = logging.getLogger("latchkey.mail")


def queue_mails(invitation: Invitation, emails: Sequence[str], *, priority: int = SINGLE) -> list[Delivery]:
    """Create a delivery and a personal link for each address. The worker sends after this transaction commits.

    An address that was mailed before begins a new round; its earlier links stay valid. Jobs with the highest `priority`
    go first.
    """
    Delivery.objects.filter(invitation=invitation, email__in=emails).update(round=F("round") + 1, **new_round())
    Delivery.objects.bulk_create(
        (Delivery(invitation=invitation, email=email, round=1, **new_round()) for email in emails),
        ignore_conflicts=True,
    )
    deliveries = list(Delivery.objects.filter(invitation=invitation, email__in=emails))
    queue_round(deliveries, priority=priority)
    return deliveries


def queue_first_mails(invitation: Invitation, *, priority: int) -> None:
    """Queue a mail to each address of an invitation that was just created."""
    deliveries = (Delivery(invitation=invitation, email=email, **new_round()) for email in invitation.mailable_emails)
    queue_round(Delivery.objects.bulk_create(deliveries), priority=priority)


def new_round() -> dict[str, Any]:
    """Return the values of a delivery whose round begins now."""
    return {
        "status": DeliveryStatus.QUEUED,
        "queued_at": timezone.now(),
        "attempts": 0,
        **dict.fromkeys(("last_error", "fault", "failing_since", "counted_at")),
    }


def queue_round(deliveries: Sequence[Delivery], *, priority: int = SINGLE) -> None:
    """Create a personal link for each delivery, and queue the job that sends it."""
    PersonalLink.objects.bulk_create(_new_link(delivery) for delivery in deliveries)
    if deliveries:
        jobs: list[JSONDict] = [{"delivery_id": str(each.pk), "round_number": each.round} for each in deliveries]
        defer("invitations.tasks.send_invitation", *jobs, priority=priority)


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
    _mail_again(locked, chosen, by=by)
    return locked


def mail_unmailed(invitation: Invitation, *, by: Actor) -> None:
    """Mail the allowed addresses of a locked invitation that have no mailed link that works. Counts as a resend."""
    linked = set(PersonalLink.objects.filter(delivery__invitation=invitation).values_list("delivery__email", flat=True))
    unmailed = [email for email in invitation.mailable_emails if email not in linked]
    if unmailed:
        ensure_active(invitation)
        _mail_again(invitation, unmailed, by=by)


def _mail_again(invitation: Invitation, emails: Sequence[str], *, by: Actor) -> None:
    check_rate_limit(f"resend:{invitation.pk}", limit=RESENDS_PER_HOUR, per=timedelta(hours=1))
    queue_mails(invitation, emails)
    log_event(invitation, EventType.RESENT, by=by, emails=emails)


def attempt_delivery(delivery_id: UUID, *, round_number: int) -> timedelta | None:
    """Try to send the mail of this round once, and record the outcome.

    Returns the delay before the next attempt, or None if the mail was sent, has failed or ended, or a later round
    began. An advisory lock keeps other workers from the same mail; the row stays unlocked, so that no request waits
    for the mail server. If the worker is killed after sending, the mail goes out twice rather than not at all.
    """
    if delay := _hold_back(delivery_id, round_number):
        return delay
    with transaction.atomic():
        if not try_lock(f"delivery:{delivery_id}"):
            return SHORTEST
        waiting = Delivery.objects.filter(pk=delivery_id, round=round_number, status=DeliveryStatus.QUEUED)
        delivery = waiting.select_related("invitation__company__partner", "invitation__connection__datasource").first()
        if delivery is None:
            return None
        delivery.attempts += 1
        delivery.last_attempt_at = timezone.now()
        try:
            smtp.send(lambda: _mail_of(delivery))
        except PermanentDeliveryError as error:
            _fail(delivery, str(error), error.fault)
        except TemporaryDeliveryError as error:
            return _retry_later(delivery, error)
        else:
            delivery.status = DeliveryStatus.SENT
            delivery.last_error = delivery.fault = delivery.failing_since = None
            log_event(delivery.invitation, EventType.SENT, by=SYSTEM, email=delivery.email)
        _save(delivery)
    return None


@transaction.atomic
def _hold_back(delivery_id: UUID, round_number: int) -> timedelta | None:
    """Return the delay of a mail that must wait for the end of an outage or of a limit.

    A mail is counted once, before its first attempt, and not held back afterwards: then it is a probe.
    """
    waiting = Delivery.objects.filter(pk=delivery_id, round=round_number, status=DeliveryStatus.QUEUED, counted_at=None)
    delivery = waiting.select_for_update(of=("self",)).select_related("invitation__company").first()
    if delivery is None:
        return None
    now, outage = timezone.now(), current_outage()
    if outage and outage.retry_at > now:
        return _retry_later(
            delivery, TemporaryDeliveryError(outage.reason, fault=Fault.SENDER), delay=outage.retry_at - now
        )
    if held := count_mail(delivery):
        return _retry_later(delivery, TemporaryDeliveryError(held.reason, fault=Fault.LIMIT), delay=held.delay)
    delivery.counted_at = now
    delivery.save(update_fields=["counted_at"])
    return None


@transaction.atomic
def give_up_delivery(delivery_id: UUID, *, round_number: int) -> None:
    """Mark a queued delivery as failed and log it, after the last attempt of its job."""
    waiting = Delivery.objects.select_for_update().filter(pk=delivery_id, round=round_number)
    if delivery := waiting.filter(status=DeliveryStatus.QUEUED).first():
        _fail(delivery, str(GIVEN_UP), Fault.SENDER)
        _save(delivery)


def record_our_fault(delivery_id: UUID, *, round_number: int) -> None:
    """Show why a queued delivery waits, after an error that its job did not expect."""
    waiting = Delivery.objects.filter(pk=delivery_id, round=round_number, status=DeliveryStatus.QUEUED)
    waiting.update(last_error=str(OUR_FAULT), fault=Fault.SENDER)


def record_delivery_report(
    reference: str, status: DeliveryStatus, *, reason: str | None = None, fault: Fault | None = None
) -> Delivery | None:
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
        if status in BOUNCED_OR_COMPLAINED:
            _fail(delivery, clean_server_text(reason or str(status.label)), fault, status=status)
        else:
            delivery.status, delivery.last_error, delivery.fault = status, None, None
        delivery.save(update_fields=["status", "last_error", "fault"])
    return delivery


def _mail_of(delivery: Delivery) -> EmailMultiAlternatives:
    """Build the mail. Raises `PermanentDeliveryError` if the invitation, address or link has ended."""
    invitation = delivery.invitation
    if invitation.status != Status.ACTIVE:
        status = Status(invitation.status).label.lower()
        raise PermanentDeliveryError(_("Not sent: the invitation was %(status)s by then.") % {"status": status})
    if not invitation.company.is_active:
        raise PermanentDeliveryError(_("Not sent: the company was not active by then."))
    if not invitation.allows(delivery.email):
        raise PermanentDeliveryError(_("Not sent: the address was removed from the invitation."))
    link = delivery.links.order_by("-pk").first()
    if link is None:
        raise PermanentDeliveryError(_("Not sent: the link was replaced."))
    return invitation_mail(delivery, link)


def _fail(
    delivery: Delivery, reason: str, fault: Fault | None, *, status: DeliveryStatus = DeliveryStatus.FAILED
) -> None:
    delivery.status, delivery.last_error, delivery.fault = status, reason, fault
    detail: dict[str, Any] = {"fault": fault.value} if fault else {}
    log_event(delivery.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=delivery.email, reason=reason, **detail)


def _retry_later(
    delivery: Delivery, error: TemporaryDeliveryError, *, delay: timedelta | None = None
) -> timedelta | None:
    """Record why the mail waits. Returns the delay, or None if it has waited too long and fails."""
    now, fault, reason = timezone.now(), error.fault, str(error)
    if delivery.fault != fault or delivery.failing_since is None:
        delivery.fault, delivery.failing_since = fault, now
    wait = retry_delay(fault, failing_for=now - delivery.failing_since)
    delivery.last_error = reason
    if wait is None:
        _fail(delivery, reason, fault)
    _save(delivery)
    level = logging.WARNING if delay is None else logging.DEBUG  # thousands may be held back together
    logger.log(level, "mail %s was not sent (attempt %s): %s", delivery.reference, delivery.attempts, reason)
    return wait and (delay or wait)


def _save(delivery: Delivery) -> None:
    """Save unless a later round began meanwhile. Keep a status that the provider reported meanwhile."""
    same_round = Delivery.objects.filter(pk=delivery.pk, round=delivery.round)
    same_round.update(attempts=delivery.attempts, last_attempt_at=delivery.last_attempt_at)
    outcome = {name: getattr(delivery, name) for name in ("status", "last_error", "fault", "failing_since")}
    same_round.filter(status=DeliveryStatus.QUEUED).update(**outcome)


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
