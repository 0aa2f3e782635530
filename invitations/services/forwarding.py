"""Pass an invitation on to a colleague who has the login."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.actors import CONTRIBUTOR
from companies.addresses import normalize_address
from companies.services.webhooks.publish import snapshot
from config.exceptions import FieldErrors, InvalidField
from invitations.exceptions import ForwardingNotAllowed, ForwardingUsedUp
from invitations.models import MAX_ALLOWED_EMAILS, MAX_NOTE_LENGTH, Delivery, EmailProof, EventType, Invitation
from invitations.services.addresses import settle_declines
from invitations.services.delivery.send import queue_mails
from invitations.services.events import KIND, log_event
from invitations.services.guards import ensure_active, ensure_verified
from invitations.services.invitations import lock_invitation
from invitations.services.notes import check_note
from invitations.services.rate_limits import check_rate_limit

MAX_FORWARDS = 5
FORWARDS_PER_HOUR = 3


@transaction.atomic
def forward_invitation(invitation: Invitation, *, proof: EmailProof | None, to: str, note: str = "") -> None:
    """Allow the address `to`, and mail it a link of its own, in the name of the address that was verified.

    The verified address keeps its access. The same address forwards to the same one once. An invitation is forwarded 5
    times at most, and 3 times an hour. An address that is allowed already is mailed like any other, so nothing tells
    that it was. Raises `ForwardingNotAllowed`, `ForwardingUsedUp`, `RateLimitExceeded`, `ProofRequired`,
    `InvitationClosed`, and `InvalidField` for `to` and `note`. One that was removed stays removed.
    """
    locked = lock_invitation(invitation)
    ensure_active(locked)
    ensure_forwarding(locked)
    ensure_verified(locked, proof)
    assert proof is not None  # noqa: S101 - the invitation is restricted
    errors = FieldErrors()
    address, text = (
        errors.check(_check_address, to, locked, proof.email),
        errors.check(check_note, note, MAX_NOTE_LENGTH),
    )
    errors.raise_all()
    assert address is not None  # noqa: S101 - nothing was raised
    forwards = list(locked.events.filter(type=EventType.FORWARDED).values_list("email", "detail__to"))
    if (proof.email, address) in forwards:
        return
    if len(forwards) >= MAX_FORWARDS or len(locked.allowed_emails) >= MAX_ALLOWED_EMAILS:
        raise ForwardingUsedUp
    check_rate_limit(f"forward:{locked.pk}", limit=FORWARDS_PER_HOUR, per=timedelta(hours=1))
    before = snapshot(KIND, locked)
    _allow(locked, address)
    log_event(locked, EventType.FORWARDED, by=CONTRIBUTOR, email=proof.email, before=before, to=address)
    queue_mails(locked, [address], forwarded_by=proof.email, note=text or None)


def ensure_forwarding(invitation: Invitation) -> None:
    """Raise `ForwardingNotAllowed` unless its visitors may forward it.

    One without addresses is never forwarded: the first address would lock out all others, and the link itself is
    enough. Strangers who have it could also make us mail to any address.
    """
    if not (invitation.allows_forwarding and invitation.is_restricted):
        raise ForwardingNotAllowed


def _check_address(to: str, invitation: Invitation, sender: str) -> str:
    normal = normalize_address(to.strip(), field=("to",))
    if normal == sender:
        raise InvalidField(("to",), _("This is your own address."), code="own_address")
    if not invitation.allows(normal) and Delivery.objects.filter(invitation=invitation, email=normal).exists():
        message = _("This address was taken off the invitation. Ask the person who sent it.")
        raise InvalidField(("to",), message, code="removed")
    return normal


def _allow(locked: Invitation, email: str) -> None:
    if email not in locked.allowed_emails:
        locked.allowed_emails = [*locked.allowed_emails, email]
    locked.updated_at = timezone.now()
    locked.save(update_fields=["allowed_emails", "updated_at", *settle_declines(locked)])
