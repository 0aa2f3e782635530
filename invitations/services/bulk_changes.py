"""Revoke or mail again many invitations of one company, in a few statements for all."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from companies.actors import Actor
from companies.models import Company
from config.exceptions import DomainError
from invitations.models import EventType, Invitation, InvitationQuerySet
from invitations.services.delivery.limits import RequestBudget
from invitations.services.delivery.send import BATCH, RESENDS_PER_HOUR, no_address, queue_mails_of
from invitations.services.events import log_events
from invitations.services.guards import ensure_active
from invitations.services.invitations import check_reason
from invitations.services.link_requests.close import close_mailed_requests
from invitations.services.rate_limits import check_rate_limits

# for each invitation that was found, why it was refused, or None
Outcomes = Mapping[UUID, DomainError | None]


@transaction.atomic
def revoke_invitations(company: Company, ids: Collection[UUID], *, by: Actor, reason: str | None = None) -> Outcomes:
    """Do what `revoke_invitation` does to each of the company's invitations with these ids."""
    reason = check_reason(reason)
    found = dict(_locked(company, ids).values_list("pk", "revoked_at"))
    open_ones = [pk for pk, revoked_at in found.items() if revoked_at is None]
    now = timezone.now()
    Invitation.objects.filter(pk__in=open_ones).update(revoked_at=now, revoked_because=None, updated_at=now)
    detail: dict[str, Any] = {"reason": reason} if reason else {}
    log_events(EventType.REVOKED, dict.fromkeys(open_ones, detail), by=by)
    return dict.fromkeys(found)


@transaction.atomic
def resend_invitations(company: Company, ids: Collection[UUID], *, by: Actor) -> Outcomes:
    """Do what `resend_invitation` does to each of the company's invitations with these ids, to all their addresses.

    Each counts against its own limit of an hour. Mails have the priority of a batch. Those beyond 5,000 mails get
    `TooManyMails`: call again for them.
    """
    found = list(_locked(company, ids).select_related("company", "connection"))
    budget = RequestBudget()
    outcomes = {each.pk: _why_not(each) or budget.take(len(each.mailable_emails)) for each in found}
    limits = {each: f"resend:{each.pk}" for each in found if outcomes[each.pk] is None}
    errors = check_rate_limits(limits.values(), limit=RESENDS_PER_HOUR, per=timedelta(hours=1))
    outcomes |= {each.pk: errors.get(key) for each, key in limits.items()}
    emails = {each: each.mailable_emails for each in limits if outcomes[each.pk] is None}
    log_events(EventType.RESENT, {each.pk: {"emails": chosen} for each, chosen in emails.items()}, by=by)
    close_mailed_requests({each.pk: chosen for each, chosen in emails.items()}, by=by)
    queue_mails_of(emails, priority=BATCH)
    return outcomes


def _locked(company: Company, ids: Collection[UUID]) -> InvitationQuerySet:
    """Lock in the order of the ids, so that two never deadlock. See `lock_invitation`."""
    chosen = Invitation.objects.filter(company=company, pk__in=ids).order_by("pk")
    return chosen.select_for_update(of=("self",), no_key=True)


def _why_not(invitation: Invitation) -> DomainError | None:
    try:
        ensure_active(invitation)
    except DomainError as error:
        return error
    return None if invitation.mailable_emails else no_address()
