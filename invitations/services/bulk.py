"""Create many invitations at once: the same rules for each, in a few statements for all."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from companies.actors import Actor
from companies.models import Company
from companies.services.webhooks.publish import publish
from config.exceptions import DomainError
from invitations.exceptions import OpenInvitationExists
from invitations.models import EventType, Invitation, InvitationEvent
from invitations.models.prefill import Prefill
from invitations.services.delivery.limits import RequestBudget
from invitations.services.delivery.send import BATCH, queue_first_mails
from invitations.services.events import STEPS, new_event, publication
from invitations.services.invitations import draft_invitation
from invitations.services.open_invitations import ensure_comparable, lock_comparisons, newest_open
from invitations.services.references import References
from invitations.services.terms import Terms


class Wanted(NamedTuple):
    """The arguments of `create_invitation` for one of many."""

    terms: Terms
    prefill: Prefill | None = None
    unless_open: bool = False


Outcome = Invitation | DomainError


@transaction.atomic
def create_invitations(
    company: Company, wanted: Sequence[Wanted], *, by: Actor, references: References
) -> list[Outcome]:
    """Create invitations to connect accounts of the company. Returns for each the invitation, or why there is none.

    One that is refused does not affect the others. Those that are `unless_open` are also compared with the ones before
    them. Mails have the priority of a batch; those beyond 5,000 get `TooManyMails`. If the process is killed, none of
    them exists.
    """
    outcomes = [_draft(company, each, references) for each in wanted]
    if any(each.unless_open for each in wanted):
        outcomes = _without_open(company, wanted, outcomes)
    budget = RequestBudget()
    outcomes = [_too_many_mails(each, budget) or each for each in outcomes]
    _store([each for each in outcomes if isinstance(each, Invitation)], by=by)
    return outcomes


def _draft(company: Company, wanted: Wanted, references: References) -> Outcome:
    try:
        draft = draft_invitation(company, prefill=wanted.prefill, references=references, **wanted.terms)
        if wanted.unless_open:
            ensure_comparable(draft)
    except DomainError as error:
        return error
    return draft


def _without_open(company: Company, wanted: Sequence[Wanted], drafts: Sequence[Outcome]) -> list[Outcome]:
    """Replace drafts that an open invitation makes superfluous by an `OpenInvitationExists`."""
    lock_comparisons(company)
    compared = [
        draft for each, draft in zip(wanted, drafts, strict=True) if each.unless_open and isinstance(draft, Invitation)
    ]
    open_ones = newest_open(company, {address for draft in compared for address in draft.allowed_emails})
    outcomes: list[Outcome] = []
    for each, draft in zip(wanted, drafts, strict=True):
        found = _find_open(draft, open_ones) if each.unless_open else None
        if isinstance(draft, Invitation) and not found:
            open_ones |= dict.fromkeys(draft.allowed_emails, draft.pk)
        outcomes.append(OpenInvitationExists(found) if found else draft)
    return outcomes


def _find_open(draft: Outcome, open_ones: Mapping[str, UUID]) -> UUID | None:
    addresses = draft.allowed_emails if isinstance(draft, Invitation) else []
    return max((open_ones[address] for address in addresses if address in open_ones), default=None)


def _too_many_mails(outcome: Outcome, budget: RequestBudget) -> DomainError | None:
    if isinstance(outcome, Invitation) and outcome.send_email:
        return budget.take(len(outcome.mailable_emails))
    return None


def _store(drafts: Sequence[Invitation], *, by: Actor) -> None:
    Invitation.objects.bulk_create(drafts)
    InvitationEvent.objects.bulk_create(new_event(draft, EventType.CREATED, by=by) for draft in drafts)
    STEPS.count_on_commit(EventType.CREATED, times=len(drafts))
    publish([publication(EventType.CREATED, draft) for draft in drafts])
    queue_first_mails([draft for draft in drafts if draft.send_email], priority=BATCH)
