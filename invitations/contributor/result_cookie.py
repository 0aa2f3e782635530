"""Signed cookie with the result of a submission. Only the browser that submitted the form sees the result."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from connections.models import Connection
from invitations.contributor.cookies import cookie_options
from invitations.models import EmailProof, Invitation

COOKIE = "result"
AGE = timedelta(days=1)


@dataclass(frozen=True)
class SubmissionResult:
    """The connection this browser last made through the invitation, and the address it had verified, if any."""

    invitation: Invitation
    connection: Connection
    email: str | None

    @property
    def may_be_corrected(self) -> bool:
        """True if other login details may help, and this browser may give them."""
        may_correct = not self.invitation.revoked_at and self.invitation.admits(self.email)
        return self.connection.is_repairable and may_correct


def set_result_cookie(
    response: HttpResponse, invitation: Invitation, connection: Connection, proof: EmailProof | None
) -> HttpResponse:
    """Set the cookie and return `response`. `proof`: the browser's proof at the submission."""
    response.set_signed_cookie(
        COOKIE,
        f"{connection.pk}/{proof.email}" if proof else str(connection.pk),
        salt=_salt(invitation),
        max_age=AGE,
        **cookie_options(),
    )
    return response


def read_result_cookie(request: HttpRequest, invitation: Invitation) -> SubmissionResult | None:
    try:
        value = request.get_signed_cookie(COOKIE, salt=_salt(invitation), max_age=AGE) or ""
        connection_id, _, email = value.partition("/")
        connection = _find_connection(invitation, UUID(connection_id))
    except (KeyError, BadSignature, ValueError):
        return None
    return SubmissionResult(invitation, connection, email or None) if connection else None


def _find_connection(invitation: Invitation, connection_id: UUID) -> Connection | None:
    connections = Connection.objects.filter(Q(use__invitation=invitation) | Q(repair_invitations=invitation))
    connections = connections.filter(pk=connection_id).distinct()
    return connections.select_related("datasource").prefetch_related("sites").first()


def _salt(invitation: Invitation) -> str:
    return f"latchkey.result.{invitation.pk}"
