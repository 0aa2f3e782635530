"""Ask the inviter for a new link."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from companies.actors import CONTRIBUTOR
from invitations.models import Decision, Delivery, EventType, Invitation, LinkRequest
from invitations.services.delivery.notices import queue_notice
from invitations.services.events import log_event
from invitations.services.guards import ensure_renewable
from invitations.services.invitations import lock_invitation
from invitations.services.rate_limits import count_attempt

DAY = timedelta(days=1)
REFUSAL_HOLDS = DAY


@transaction.atomic
def request_link(invitation: Invitation, *, delivery: Delivery | None = None) -> LinkRequest:
    """Ask for a new link, once for each mailed address, and once for the invitation's own link.

    `delivery`: the mail whose personal link the visitor has. Returns the request that `find_link_request` finds, if
    any. The inviter is mailed at most once a day for each invitation. Raises what `ensure_renewable` raises.
    """
    email = delivery.email if delivery else None
    locked = lock_invitation(invitation)
    ensure_renewable(locked, email=email)
    if earlier := find_link_request(locked, delivery=delivery):
        return earlier
    request = LinkRequest.objects.create(invitation=locked, delivery=delivery)
    asked = log_event(locked, EventType.LINK_REQUESTED, by=CONTRIBUTOR, email=email)
    if count_attempt(f"link-request:{locked.pk}", limit=1, per=DAY):
        queue_notice(asked)
    return request


def find_link_request(invitation: Invitation, *, delivery: Delivery | None) -> LinkRequest | None:
    """Return the request of this visitor that is undecided, or was refused within a day."""
    is_refused = Q(decision=Decision.REFUSED, decided_at__gt=timezone.now() - REFUSAL_HOLDS)
    own = LinkRequest.objects.filter(Q(decided_at=None) | is_refused, invitation=invitation, delivery=delivery)
    return own.order_by("-pk").first()
