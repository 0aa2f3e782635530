"""The receipt: a signed cookie by which the browser that connected an account, and no other, sees what it connected."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from connections.models import Connection
from invitations.contributor.cookies import kept_private
from invitations.models import EmailProof, Invitation

COOKIE = "receipt"
AGE = timedelta(days=1)


@dataclass(frozen=True)
class SubmissionResult:
    """What this browser connected last through the invitation, and the address it had proved for that, if any."""

    invitation: Invitation
    connection: Connection
    email: str | None

    @property
    def can_be_corrected(self) -> bool:
        """Whether other login details may help, and this browser may give them."""
        may_correct = not self.invitation.revoked_at and self.invitation.admits(self.email)
        return self.connection.is_repairable and may_correct


def hand_receipt(
    response: HttpResponse, invitation: Invitation, connection: Connection, proof: EmailProof | None
) -> HttpResponse:
    """Put the receipt into the answer. `proof` is what the browser held when it gave the login."""
    response.set_signed_cookie(
        COOKIE,
        f"{connection.pk}/{proof.email}" if proof else str(connection.pk),
        salt=_salt(invitation),
        max_age=AGE,
        **kept_private(),
    )
    return response


def read_receipt(request: HttpRequest, invitation: Invitation) -> SubmissionResult | None:
    """The receipt that this browser has of this invitation."""
    try:
        said = request.get_signed_cookie(COOKIE, salt=_salt(invitation), max_age=AGE) or ""
        connection_id, _, email = said.partition("/")
        connection = _connection(invitation, UUID(connection_id))
    except (KeyError, BadSignature, ValueError):
        return None
    return SubmissionResult(invitation, connection, email or None) if connection else None


def _connection(invitation: Invitation, connection_id: UUID) -> Connection | None:
    connections = Connection.objects.filter(Q(use__invitation=invitation) | Q(repair_invitations=invitation))
    connections = connections.filter(pk=connection_id).distinct()
    return connections.select_related("datasource").prefetch_related("sites").first()


def _salt(invitation: Invitation) -> str:
    return f"latchkey.receipt.{invitation.pk}"
