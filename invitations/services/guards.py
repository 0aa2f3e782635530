"""Whether an invitation may be used at all."""

from invitations.exceptions import (
    AddressRemoved,
    InvitationExpired,
    InvitationFulfilled,
    InvitationRevoked,
    ProofRequired,
)
from invitations.models import EmailProof, Invitation
from invitations.models.status import Status


def ensure_active(invitation: Invitation) -> None:
    """Raises `InvitationRevoked`, `InvitationFulfilled` or `InvitationExpired` when the link leads nowhere."""
    match invitation.status:
        case Status.REVOKED:
            raise InvitationRevoked
        case Status.FULFILLED:
            raise InvitationFulfilled
        case Status.EXPIRED:
            raise InvitationExpired


def ensure_verified(invitation: Invitation, proof: EmailProof | None) -> None:
    """Raises `ProofRequired` when the invitation is restricted and `proof` does not hold for it now.

    What the database says counts: a proof may have been ended since it was read.
    """
    if not invitation.is_restricted:
        return
    stored = EmailProof.objects.filter(pk=proof.pk).first() if proof else None
    if stored is None or not stored.holds_for(invitation):
        raise ProofRequired


def ensure_correctable(invitation: Invitation, email: str | None) -> None:
    """Raises `InvitationRevoked` or `AddressRemoved` when a login given through it must not be corrected now.

    `email` is the address whose proof gave the login; None: it was given without one. That the invitation is used up
    or has expired does not matter: a correction spends nothing.
    """
    if invitation.revoked_at:
        raise InvitationRevoked
    if not invitation.admits(email):
        raise AddressRemoved
