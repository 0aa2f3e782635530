"""Queue, send and retry invitation mails, and record their deliveries.

A mail is queued in the transaction that causes it, and ends as sent, failed, or reported by the mail provider.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from companies.actors import SYSTEM, Actor
from companies.models import with_brand
from companies.services.mailbox import MAILS
from config.db.advisory_locks import try_lock
from config.exceptions import InvalidField
from invitations.models import Delivery, DeliveryStatus, EventType, Fault, Invitation, PersonalLink
from invitations.models.tokens import encrypt_token, hash_token, new_token
from invitations.services.addresses import check_listed
from invitations.services.delivery import smtp
from invitations.services.delivery.build import build_mail
from invitations.services.delivery.limits import count_mail
from invitations.services.delivery.outages import current_outage
from invitations.services.delivery.retries import SHORTEST, retry_delay
from invitations.services.delivery.smtp import OUR_FAULT, PermanentDeliveryError, TemporaryDeliveryError, kind_of
from invitations.services.delivery.turns import queue_jobs
from invitations.services.events import log_event
from invitations.services.guards import ensure_active
from invitations.services.link_requests.close import close_mailed_requests
from invitations.services.rate_limits import check_rate_limit
from invitations.services.reminders.schedule import time_until_morning

RESENDS_PER_HOUR = 10
# job priorities: a single mail does not wait for the thousands of a batch
SINGLE, BATCH = 0, -10

NOT_YET_MORNING = gettext_lazy("Not sent yet: the reminder waits for the morning.")
GIVEN_UP = gettext_lazy("The mail could not be sent for a day; the fault is on our side.")

logger = logging.getLogger("latchkey.mail")


def queue_mails(
    invitation: Invitation, emails: Sequence[str], *, priority: int = SINGLE, **columns: str | None
) -> list[Delivery]:
    """Create a delivery and a personal link for each address. The worker sends after this transaction commits.

    An address that was mailed before begins a new round; its earlier links stay valid. Jobs with the highest `priority`
    go first. `columns`: further values of the deliveries.
    """
    return queue_mails_of({invitation: emails}, priority=priority, **columns)


def queue_mails_of(
    emails: Mapping[Invitation, Collection[str]], *, priority: int, **columns: str | None
) -> list[Delivery]:
    """Do this for several invitations, which the caller has locked."""
    wanted = {(invitation.pk, email) for invitation, each in emails.items() for email in each}
    found = Delivery.objects.filter(invitation__in=emails).values_list("invitation_id", "email", "pk")
    known = {(invitation_id, email): pk for invitation_id, email, pk in found}
    again = Delivery.objects.filter(pk__in=[pk for pair, pk in known.items() if pair in wanted])
    again.update(round=F("round") + 1, **new_round(), **columns)
    deliveries = [
        *again,
        *Delivery.objects.bulk_create(
            Delivery(invitation=invitation, email=email, round=1, **new_round(), **columns)
            for invitation, each in emails.items()
            for email in each
            if (invitation.pk, email) not in known
        ),
    ]
    invitations = {invitation.pk: invitation for invitation in emails}
    for delivery in deliveries:
        delivery.invitation = invitations[delivery.invitation_id]
    queue_round(deliveries, priority=priority)
    return deliveries


def queue_first_mails(invitations: Sequence[Invitation], *, priority: int) -> None:
    """Queue a mail to each address of invitations that were just created."""
    deliveries = (
        Delivery(invitation=invitation, email=email, **new_round())
        for invitation in invitations
        for email in invitation.mailable_emails
    )
    queue_round(Delivery.objects.bulk_create(deliveries), priority=priority)


def new_round() -> dict[str, Any]:
    """Return the values of a delivery whose round begins now."""
    return {
        "status": DeliveryStatus.QUEUED,
        "queued_at": timezone.now(),
        "attempts": 0,
        **dict.fromkeys(("last_error", "fault", "failing_since", "counted_at", "reminder")),
    }


def queue_round(deliveries: Sequence[Delivery], *, priority: int = SINGLE) -> None:
    """Create a personal link for each delivery, and queue the job that sends it.

    A mail of test mode needs no mail server: it is stored at once, unless it is one of the thousands of a batch. These
    have a lower priority the more of them the partner has queued, so that partners take turns.
    """
    PersonalLink.objects.bulk_create(_new_link(delivery) for delivery in deliveries)
    waiting = [each for each in deliveries if priority == BATCH or each.invitation.company.is_live or _is_delayed(each)]
    queue_jobs(waiting, priority=priority, in_turns=priority == BATCH)


def _is_delayed(delivery: Delivery) -> bool:
    """Try to send it now. True if that did not work."""
    return attempt_delivery(delivery.pk, round_number=delivery.round) is not None


@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: Actor, emails: Sequence[str] | None = None) -> Invitation:
    """Mail the invitation again, to all allowed addresses or to `emails` of them. Earlier links stay valid.

    At most 10 times an hour. Raises for an inactive invitation, and `InvalidField` for an address that is not allowed.
    """
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("company__partner").get(pk=invitation.pk)
    ensure_active(locked)
    chosen = locked.mailable_emails if emails is None else check_listed(locked, emails)
    if not chosen:
        raise no_address()
    _mail_again(locked, chosen, by=by)
    return locked


def no_address() -> InvalidField:
    return InvalidField(("emails",), _("The invitation has no address to mail. Add one first."), code="empty")


def mail_unmailed(invitation: Invitation, *, by: Actor) -> None:
    """Mail the allowed addresses of a locked invitation that have no mailed link that works. Counts as a resend."""
    linked = set(PersonalLink.objects.filter(delivery__invitation=invitation).values_list("delivery__email", flat=True))
    unmailed = [email for email in invitation.mailable_emails if email not in linked]
    if unmailed:
        ensure_active(invitation)
        _mail_again(invitation, unmailed, by=by)


def _mail_again(invitation: Invitation, emails: Sequence[str], *, by: Actor) -> None:
    check_rate_limit(f"resend:{invitation.pk}", limit=RESENDS_PER_HOUR, per=timedelta(hours=1))
    log_event(invitation, EventType.RESENT, by=by, emails=emails)
    close_mailed_requests({invitation.pk: emails}, by=by)
    queue_mails(invitation, emails)


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
        related = (*with_brand("invitation__company"), "invitation__connection__datasource")
        # by the clock of the database: that of a worker may be wrong
        delivery = waiting.select_related(*related).annotate(now=Now()).first()
        if delivery is None:
            return None
        delivery.attempts += 1
        delivery.last_attempt_at = timezone.now()
        try:
            mail = partial(build_mail, delivery, at=delivery.now)
            smtp.send(mail, invitation=delivery.invitation, kind=kind_of(delivery))
        except PermanentDeliveryError as error:
            _end(delivery, str(error), error.fault)
        except TemporaryDeliveryError as error:
            return _retry_later(delivery, error)
        else:
            delivery.status = DeliveryStatus.SENT
            delivery.last_error = delivery.fault = delivery.failing_since = None
            _log_sent(delivery)
        _save(delivery)
    return None


@transaction.atomic
def _hold_back(delivery_id: UUID, round_number: int) -> timedelta | None:
    """Return the delay of a mail that must wait for the end of an outage or of a limit.

    A mail is counted once, before its first attempt, and not held back afterwards: then it is a probe. Mails of test
    mode do not leave, so that no limit concerns them.
    """
    waiting = Delivery.objects.filter(pk=delivery_id, round=round_number, status=DeliveryStatus.QUEUED, counted_at=None)
    leaving = waiting.filter(invitation__company__is_live=True)
    delivery = leaving.select_for_update(of=("self",)).select_related("invitation__company").first()
    if delivery is None:
        return None
    now, outage = timezone.now(), current_outage()
    if outage and outage.retry_at > now:
        return _retry_later(
            delivery, TemporaryDeliveryError(outage.reason, fault=Fault.SENDER), delay=outage.retry_at - now
        )
    if delivery.reminder and (delay := time_until_morning(delivery.invitation, now)):
        return _retry_later(delivery, TemporaryDeliveryError(NOT_YET_MORNING, fault=Fault.LIMIT), delay=delay)
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
        _end(delivery, str(GIVEN_UP), Fault.SENDER)
        _save(delivery)


def record_our_fault(delivery_id: UUID, *, round_number: int) -> None:
    """Show why a queued delivery waits, after an error that its job did not expect."""
    waiting = Delivery.objects.filter(pk=delivery_id, round=round_number, status=DeliveryStatus.QUEUED)
    waiting.update(last_error=str(OUR_FAULT), fault=Fault.SENDER)


def mark_failed(
    delivery: Delivery, reason: str, fault: Fault | None, *, status: DeliveryStatus = DeliveryStatus.FAILED
) -> None:
    delivery.status, delivery.last_error, delivery.fault = status, reason, fault
    if fault or status != DeliveryStatus.FAILED:  # else it was not wanted any more
        MAILS.count(kind_of(delivery), status.lower())
    detail: dict[str, Any] = {"fault": fault.value} if fault else {}
    log_event(delivery.invitation, EventType.DELIVERY_FAILED, by=SYSTEM, email=delivery.email, reason=reason, **detail)


def _end(delivery: Delivery, reason: str, fault: Fault | None) -> None:
    """Mark it as failed. A reminder that is superfluous or too late is dropped: the mail before it arrived."""
    if delivery.reminder and fault not in {Fault.ADDRESS, Fault.RECEIVER}:
        delivery.status = DeliveryStatus.SENT
        delivery.last_error = delivery.fault = delivery.failing_since = None
    else:
        mark_failed(delivery, reason, fault)


def _log_sent(delivery: Delivery) -> None:
    kind = EventType.REMINDED if delivery.reminder else EventType.SENT
    detail: dict[str, Any] = {"reminder": delivery.reminder} if delivery.reminder else {}
    log_event(delivery.invitation, kind, by=SYSTEM, email=delivery.email, **detail)


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
        _end(delivery, reason, fault)
    elif delay:
        MAILS.count(kind_of(delivery), "held_back")
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


def _new_link(delivery: Delivery) -> PersonalLink:
    link_id, token = uuid7(), new_token()
    return PersonalLink(
        id=link_id,
        delivery=delivery,
        token_hash=hash_token(token),
        encrypted_token=encrypt_token(token, owner_id=link_id),
    )
