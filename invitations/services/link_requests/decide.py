"""Approve or refuse requests for a new link."""

from datetime import datetime, timedelta

from django.db import transaction

from companies.actors import Actor
from invitations.exceptions import LinkRequestDecided
from invitations.models import Decision, EventType, Invitation, LinkRequest
from invitations.models.erased import is_erased
from invitations.models.status import Status
from invitations.services.delivery.send import resend_invitation
from invitations.services.guards import ensure_renewable
from invitations.services.invitations import lock_invitation, update_invitation
from invitations.services.link_requests.close import close_link_requests

SHORTEST_LIFE = timedelta(days=1)


@transaction.atomic
def approve_link_request(invitation: Invitation, *, by: Actor) -> Invitation:
    """Approve every undecided request: an expired invitation gets a new end, and those who asked are mailed again.

    The new life is as long as the last one, a day at least. A request by the invitation's own link mails all addresses.
    Raises `LinkRequestDecided`, what `ensure_renewable` raises, and the errors of `resend_invitation`.
    """
    locked = lock_invitation(invitation)
    ensure_renewable(locked)
    emails = _emails_to_mail(locked)
    if not close_link_requests(locked, by=by):
        raise LinkRequestDecided
    if locked.status == Status.EXPIRED:
        locked = update_invitation(locked, by=by, expires_in=_last_life(locked))
    return resend_invitation(locked, by=by, emails=emails) if emails else locked


@transaction.atomic
def refuse_link_request(invitation: Invitation, *, by: Actor) -> Invitation:
    """Refuse every undecided request. Raises `LinkRequestDecided`."""
    locked = lock_invitation(invitation)
    if not close_link_requests(locked, by=by, decision=Decision.REFUSED):
        raise LinkRequestDecided
    return locked


def _emails_to_mail(invitation: Invitation) -> list[str]:
    """Return the addresses that asked and may still use the invitation, or all if a request names none."""
    requests = LinkRequest.objects.undecided().filter(invitation=invitation)
    asked = list(requests.order_by("pk").values_list("delivery__email", flat=True))
    if None in asked or not invitation.is_restricted:
        return invitation.mailable_emails
    return [email for email in asked if invitation.allows(email) and not is_erased(email)]


def _last_life(invitation: Invitation) -> timedelta:
    """Return the time between the expiry and the moment at which it was set."""
    changed = invitation.events.filter(type=EventType.UPDATED, detail__changes__has_key="expiresAt")
    times = changed.order_by("-pk").values_list("created_at", flat=True)
    set_at: datetime = times.first() or invitation.created_at
    assert invitation.expires_at is not None  # noqa: S101 - it has expired
    return max(invitation.expires_at - set_at, SHORTEST_LIFE)
