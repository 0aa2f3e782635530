"""Guards that raise a domain error if an invitation may not be used."""

from invitations.exceptions import (
    AddressRemoved,
    ConnectionClosed,
    InvitationExpired,
    InvitationFulfilled,
    InvitationPaused,
    InvitationRecovered,
    InvitationRevoked,
    LinkOfRemovedAddress,
    LinkWorks,
    ProofRequired,
)
from invitations.models import EmailProof, Invitation, RevokedBecause
from invitations.models.status import Status

ENDED: dict[str, type[InvitationRevoked]] = {
    RevokedBecause.RECOVERED: InvitationRecovered,
    RevokedBecause.DISABLED: ConnectionClosed,
}


def ensure_active(invitation: Invitation) -> None:
    """Raise the `InvitationClosed` that says why the invitation cannot be used now.

    An invitation to repair ends with its purpose. The job that revokes it may come later, so this looks itself.
    """
    match invitation.status:
        case Status.REVOKED:
            raise ENDED.get(invitation.revoked_because or "", InvitationRevoked)
        case Status.FULFILLED:
            raise InvitationFulfilled
        case Status.EXPIRED:
            raise InvitationExpired
    _ensure_wanted(invitation)


def ensure_renewable(invitation: Invitation, *, email: str | None = None) -> None:
    """Raise why a new link would not help: the `InvitationClosed`, or `LinkWorks` if the one that is there does.

    An expired invitation can be renewed. So can the links of an active one that asks for an address, because codes
    may not arrive. `email`: the address of the visitor's personal link.
    """
    if invitation.status != Status.EXPIRED:
        ensure_active(invitation)
        if not invitation.is_restricted:
            raise LinkWorks
    _ensure_wanted(invitation)
    if email is not None and not invitation.admits(email):
        raise LinkOfRemovedAddress


def _ensure_wanted(invitation: Invitation) -> None:
    if invitation.has_repaired:
        raise InvitationRecovered
    if invitation.has_lost_its_connection:
        raise ConnectionClosed
    if not invitation.company.is_active:
        raise InvitationPaused


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
        raise ENDED.get(invitation.revoked_because or "", InvitationRevoked)
    if not invitation.admits(email):
        raise AddressRemoved
