"""Guards that raise a domain error if an invitation may not be used."""

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
    """Raise `InvitationRevoked`, `InvitationFulfilled` or `InvitationExpired` unless the invitation is active."""
    match invitation.status:
        case Status.REVOKED:
            raise InvitationRevoked
        case Status.FULFILLED:
            raise InvitationFulfilled
        case Status.EXPIRED:
            raise InvitationExpired


def ensure_verified(invitation: Invitation, proof: EmailProof | None) -> None:
    """Raise `ProofRequired` if the invitation is restricted and `proof` does not hold for it now.

    Reads the proof again, because it may have been deleted since.
    """
    if not invitation.is_restricted:
        return
    stored = EmailProof.objects.filter(pk=proof.pk).first() if proof else None
    if stored is None or not stored.holds_for(invitation):
        raise ProofRequired


def ensure_correctable(invitation: Invitation, email: str | None) -> None:
    """Raise `InvitationRevoked` or `AddressRemoved` if credentials given through it must not be corrected now.

    `email` was verified when the credentials were given, or is None. A used up or expired invitation still allows a
    correction, because that spends no use.
    """
    if invitation.revoked_at:
        raise InvitationRevoked
    if not invitation.admits(email):
        raise AddressRemoved
