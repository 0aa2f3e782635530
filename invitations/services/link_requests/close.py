"""Close requests for a new link once they are answered."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils import timezone

from companies.actors import Actor
from invitations.models import Decision, Invitation, LinkRequest


def close_link_requests(invitation: Invitation, *, by: Actor, decision: Decision = Decision.APPROVED) -> int:
    """Decide every undecided request of a locked invitation. Returns how many there were."""
    undecided = LinkRequest.objects.undecided().filter(invitation=invitation)
    return undecided.update(decided_at=timezone.now(), decision=decision, decided_by=by.user)


def close_mailed_requests(mailed: Mapping[UUID, Collection[str]], *, by: Actor) -> None:
    """Approve the requests of addresses that are mailed again, by the ids of their invitations.

    A request by the invitation's own link has no address: any mail answers it.
    """
    undecided = (
        LinkRequest.objects.undecided()
        .filter(invitation__in=mailed)
        .values_list("pk", "invitation_id", "delivery__email")
    )
    answered = [pk for pk, invitation, email in undecided if email is None or email in mailed[invitation]]
    if answered:
        LinkRequest.objects.undecided().filter(pk__in=answered).update(
            decided_at=timezone.now(), decision=Decision.APPROVED, decided_by=by.user
        )


def refuse_requests_of_removed(invitation: Invitation, emails: Collection[str]) -> None:
    """Refuse the requests of addresses that were taken off the invitation."""
    undecided = LinkRequest.objects.undecided().filter(invitation=invitation, delivery__email__in=emails)
    undecided.update(decided_at=timezone.now(), decision=Decision.REFUSED)
