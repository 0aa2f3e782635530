"""Turns of partners that mail many at once: a few mails of one do not wait for thousands of another."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate.types import JSONDict

from config.db.advisory_locks import try_lock
from config.jobs import defer
from invitations.models import Delivery, MailTurn

MAILS_IN_A_TURN = 50
# a little more than a partner may send in an hour by default
PACE = timedelta(hours=1) / 6_000


def queue_jobs(deliveries: Sequence[Delivery], *, priority: int, in_turns: bool) -> None:
    """Queue the job of each mail. `in_turns`: with a lower priority the more mails its partner has queued."""
    for turn, mails in _turns_of(deliveries).items() if in_turns else [(0, deliveries)]:
        jobs: list[JSONDict] = [{"delivery_id": str(each.pk), "round_number": each.round} for each in mails]
        if jobs:
            defer("invitations.tasks.send_invitation", *jobs, priority=priority - turn)


def _turns_of(deliveries: Sequence[Delivery]) -> dict[int, list[Delivery]]:
    """Return the mails by their turn, from 0. Lower ones go first."""
    by_partner: defaultdict[UUID, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_partner[delivery.invitation.company.partner_id].append(delivery)
    turns: defaultdict[int, list[Delivery]] = defaultdict(list)
    for partner_id, own in by_partner.items():
        planned = _plan(partner_id, len(own))
        for place, delivery in enumerate(own):
            turns[(planned + place) // MAILS_IN_A_TURN].append(delivery)
    return turns


def _plan(partner_id: UUID, mails: int) -> int:
    """Return how many mails of the partner are planned already, and plan these after them.

    If another transaction plans mails of this partner, these are not counted: nothing waits here, so that locks of
    several partners cannot deadlock.
    """
    is_alone = try_lock(f"mail turns of {partner_id}")
    now = timezone.now()
    planned = MailTurn.objects.filter(pk=partner_id).values_list("until", flat=True).first()
    begins = max(planned or now, now)
    if is_alone:
        turn = MailTurn(partner_id=partner_id, until=begins + mails * PACE)
        MailTurn.objects.bulk_create([turn], update_conflicts=True, unique_fields=["partner"], update_fields=["until"])
    return int((begins - now) / PACE)
