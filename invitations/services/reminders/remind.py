"""Queue the reminders whose time has come."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, F, Func, Value
from django.utils import timezone

from config.exceptions import DomainError
from invitations.models import Delivery, Invitation, InvitationQuerySet, ReminderKind
from invitations.services.delivery.send import BATCH, new_round, queue_round
from invitations.services.guards import ensure_active
from invitations.services.reminders.recipients import remindable
from invitations.services.reminders.schedule import mornings_of, postpone_reminder, set_next_reminder
from invitations.services.reminders.subscriptions import ensure_subscriptions

BATCH_SIZE = 100


@transaction.atomic
def remind_due(among: InvitationQuerySet | None = None, *, priority: int = BATCH) -> int:
    """Queue the reminders of up to 100 invitations that are due. Returns the number of invitations. `among` None: all.

    Once for each address and kind: the mails are queued in the transaction that notes it. A row that is locked is left
    to the next call. In live mode, a reminder that missed its morning waits for the next one.
    """
    now = timezone.now()
    rows = Invitation.objects.all() if among is None else among
    due = rows.filter(next_reminder_at__lte=now).order_by("next_reminder_at")
    locked = due.select_for_update(of=("self",), no_key=True, skip_locked=True)
    found = list(locked.select_related("company__partner", "connection__datasource")[:BATCH_SIZE])
    _queue([each for each in found if _may_leave(each) and _is_in_time(each, now)], now, priority=priority)
    for invitation in found:
        _move_on(invitation, now)
    Invitation.objects.bulk_update(found, ["next_reminder", "next_reminder_at"])
    return len(found)


def _queue(invitations: Sequence[Invitation], now: datetime, *, priority: int) -> None:
    if not invitations:
        return
    known = {each.pk: each for each in invitations}
    rows = remindable(Delivery.objects.filter(invitation__in=known), at=now).select_for_update(of=("self",))
    mails = list(rows)
    for mail in mails:
        mail.invitation = known[mail.invitation_id]
    by_kind: defaultdict[str, list[Delivery]] = defaultdict(list)
    subscriptions = ensure_subscriptions(mails)
    for mail in mails:
        if not subscriptions[mail.pk].unsubscribed_at:
            by_kind[str(mail.invitation.next_reminder)].append(mail)
    for kind, chosen in by_kind.items():
        noted = Func(F("reminders"), Value(kind, CharField()), function="array_append")
        Delivery.objects.filter(pk__in=[each.pk for each in chosen]).update(
            **new_round() | {"round": F("round") + 1, "reminder": kind, "reminders": noted}
        )
        for mail in chosen:
            mail.round += 1
        queue_round(chosen, priority=priority)


def _may_leave(invitation: Invitation) -> bool:
    try:
        ensure_active(invitation)
    except DomainError:
        return False
    return invitation.sends_reminders and not invitation.has_nothing_to_do


def _is_in_time(invitation: Invitation, now: datetime) -> bool:
    """True in the morning. Test invitations have a clock of their own, so theirs are always in time."""
    return not invitation.company.is_live or mornings_of(invitation).includes(now)


def _move_on(invitation: Invitation, now: datetime) -> None:
    """Set the next reminder of an invitation whose last one was due. Only a revocation is final."""
    due = ReminderKind(str(invitation.next_reminder))
    if invitation.revoked_at:
        invitation.next_reminder = invitation.next_reminder_at = None
    elif _is_in_time(invitation, now):
        set_next_reminder(invitation, after=now, done=due)
    else:
        postpone_reminder(invitation, due, now=now)
