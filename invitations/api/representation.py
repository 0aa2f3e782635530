"""Invitations as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.utils import timezone

from companies.api.events import represent_event
from config.db.index_hints import newest_first_for
from invitations.api import statements
from invitations.api.deliveries import NOT_MAILED
from invitations.models import Delivery, Invitation, InvitationEvent, Use, public_url
from invitations.models.status import status_of
from invitations.models.tokens import readable_token, readable_tokens

LAST_ID = UUID(int=2**128 - 1)


def represent_page(company_id: UUID, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The newest invitations of the company whose id is less than `before`. One query."""
    rows = statements.PAGE.rows(company=company_id, before=before or LAST_ID, limit=limit)
    return _with_links(list(map(statements.invitation.read, rows)))


def represent_rows(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The invitations with these ids, newest first. One query."""
    return _with_links(list(map(statements.invitation.read, statements.ROWS.rows(ids=ids))))


def represent_detail(row: Sequence[Any]) -> dict[str, Any]:
    """The invitation in a row of `statements.DETAIL`, with its latest events and its deliveries."""
    (shown,) = _with_links([statements.detail.read(row)])
    unmailed = _unmailed(shown, send_email=row[-1])
    if unmailed:
        shown["deliveries"] = [*_parse(shown["deliveries"]), *map(statements.delivery, unmailed)]
    return shown


def represent_invitation(invitation: Invitation) -> dict[str, Any]:
    """An invitation that was just created or changed."""
    token = readable_token(bytes(invitation.encrypted_token), owner_id=invitation.pk)
    return statements.invitation(
        invitation,
        token=token,
        status=status_of(invitation, timezone.now()),
        invitationUrl=token and public_url(token),
        createdConnections=_created_connections(invitation) if invitation.use_count else [],
    )


def _with_links(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Decrypt the tokens of rows that a statement selected."""
    base = public_url("")
    tokens = readable_tokens((row["id"], row["token"]) for row in shown)
    for row, token in zip(shown, tokens, strict=True):
        row["token"], row["invitationUrl"] = token, token and base + token
    return shown


def _unmailed(shown: dict[str, Any], *, send_email: bool) -> list[Delivery]:
    """Return stand-ins for the addresses that were not mailed, if the invitation was."""
    known = {delivery["email"] for delivery in _parse(shown["deliveries"])}
    if not known and not send_email:
        return []
    invitation = Invitation(allowed_emails=_parse(shown["allowedEmails"]))
    return [Delivery(email=email, status=NOT_MAILED[0]) for email in invitation.mailable_emails if email not in known]


def _parse(fragment: orjson.Fragment) -> list[Any]:
    values: list[Any] = orjson.loads(orjson.dumps(fragment))
    return values


def represent_events(events: Iterable[InvitationEvent]) -> list[dict[str, Any]]:
    """Events that were read with their `api_key`."""
    return [represent_event(event) for event in events]


def events_newest_first(invitation_id: UUID) -> QuerySet[InvitationEvent]:
    return newest_first_for(InvitationEvent.objects.select_related("api_key"), "invitation", invitation_id)


def _created_connections(invitation: Invitation) -> list[dict[str, Any]]:
    """The connections that the invitation created, oldest first."""
    uses = Use.objects.filter(invitation=invitation, connection__isnull=False).order_by("pk")
    related = uses.select_related("connection__datasource")
    return [statements.created_connection(use.connection) for use in related]
