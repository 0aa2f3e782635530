"""Mail again, together, the mails that failed although their addresses may be right."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from companies.actors import Actor
from companies.models import Company
from invitations.models import Batch, Delivery, DeliveryStatus, EventType, Fault, Invitation, RowStatus
from invitations.models.delivery import is_mailable
from invitations.services.delivery.send import BATCH, new_round, queue_round
from invitations.services.events import log_events

MOST_RESENT = 1000
FAILED = (DeliveryStatus.FAILED, DeliveryStatus.BOUNCED)


class Resent(NamedTuple):
    """`has_more`: call again for the rest."""

    mails: int
    invitations: int
    has_more: bool


def failed_mails(companies: Collection[UUID] | None, *, batch: Batch | None = None) -> QuerySet[Delivery]:
    """Failed mails of active invitations to mailable addresses, unless the fault is the address.

    `companies` None means all live ones, or those of the batch. With a `batch`, only the invitations that it created.
    """
    active = Invitation.objects.active()
    if companies is not None:
        active = active.filter(company__in=companies)
    elif batch is None:
        active = active.exclude(company__in=Company.objects.of_tests())
    if batch is not None:
        active = active.filter(batch_rows__batch=batch, batch_rows__status=RowStatus.CREATED)
    mailable = is_mailable(F("invitation__allowed_emails"))
    not_the_address = Q(fault=None) | ~Q(fault=Fault.ADDRESS)
    return Delivery.objects.filter(mailable, not_the_address, status__in=FAILED, invitation__in=active)


@transaction.atomic
def resend_failed(companies: Collection[UUID] | None, *, by: Actor, batch: Batch | None = None) -> Resent:
    """Mail up to 1,000 failed mails again, the oldest first. Earlier links stay valid.

    A mail is queued once, also by concurrent calls: then it is no longer failed.
    """
    locked = failed_mails(companies, batch=batch).select_for_update(of=("self",)).order_by("pk")
    found = list(locked[: MOST_RESENT + 1])
    chosen = found[:MOST_RESENT]
    ids = [delivery.pk for delivery in chosen]
    Delivery.objects.filter(pk__in=ids).update(round=F("round") + 1, **new_round())
    emails: defaultdict[UUID, list[str]] = defaultdict(list)
    for delivery in chosen:
        emails[delivery.invitation_id].append(delivery.email)
    details: dict[UUID, dict[str, Any]] = {key: {"emails": each} for key, each in emails.items()}
    log_events(EventType.RESENT, details, by=by)
    queue_round(list(Delivery.objects.filter(pk__in=ids).select_related("invitation__company")), priority=BATCH)
    return Resent(len(chosen), len(emails), has_more=len(found) > len(chosen))
