"""The receipt: a signed cookie by which the browser that connected an account, and no other, sees what it connected."""

from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from connections.models import Connection
from invitations.cookies import kept_private
from invitations.models import Invitation

COOKIE = "receipt"
AGE = timedelta(days=1)


def hand_receipt(response: HttpResponse, invitation: Invitation, connection: Connection) -> HttpResponse:
    """Put the receipt into the answer."""
    response.set_signed_cookie(
        COOKIE,
        str(connection.pk),
        salt=_salt(invitation),
        max_age=AGE,
        **kept_private(),
    )
    return response


def read_receipt(request: HttpRequest, invitation: Invitation) -> Connection | None:
    """What this browser connected last through this invitation."""
    try:
        connection_id = UUID(request.get_signed_cookie(COOKIE, salt=_salt(invitation), max_age=AGE) or "")
    except (KeyError, BadSignature, ValueError):
        return None
    connections = Connection.objects.filter(Q(use__invitation=invitation) | Q(repair_invitations=invitation))
    connections = connections.filter(pk=connection_id).distinct()
    return connections.select_related("datasource").prefetch_related("sites").first()


def _salt(invitation: Invitation) -> str:
    return f"latchkey.receipt.{invitation.pk}"
