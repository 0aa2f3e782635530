"""SQL of changes that are one statement each. Run them in any transaction, or in none, unless they ask for a lock."""

from typing import Any
from uuid import UUID

from companies.models import ActorKind
from config.db.inserts import Insert
from config.db.statements import Statement
from connections.services.connections import ConnectionDraft
from connections.services.statements import CONNECTION_INSERTS, EVENT_INSERT, connection_values
from invitations.models import EventType, Invitation, InvitationEvent, Use

_invitation, _event = Insert(Invitation, "invitation"), Insert(InvitationEvent, "event")
_use, _fulfilled = Insert(Use, "use"), Insert(InvitationEvent, "fulfilled")
_CREATE = Statement(f"WITH invitation AS ({_invitation.sql}) {_event.sql} RETURNING id")


def insert_invitation(invitation: Invitation, created: InvitationEvent) -> None:
    """Insert both rows, or none."""
    _CREATE.row(**_invitation.values(invitation), **_event.values(created))


def _log_opening(column: str, event_type: EventType, actor: ActorKind) -> Statement:
    """Write the statement that logs an event, at most one since `guard`, or counts it in that of the last hour.

    The update locks the invitation and is the guard: of two at once, the second sees the time of the first.
    """
    return Statement(f"""
        WITH opened AS (
            UPDATE invitations_invitation SET {column} = %(now)s
            WHERE id = %(invitation)s AND ({column} IS NULL OR {column} <= %(guard)s)
            RETURNING id
        ), earlier AS (
            SELECT invitations_invitationevent.id
            FROM invitations_invitationevent JOIN opened ON opened.id = invitation_id
            WHERE type = '{event_type}' AND actor = '{actor}' AND created_at > %(folded_since)s
            ORDER BY invitations_invitationevent.id DESC LIMIT 1
        ), counted AS (
            UPDATE invitations_invitationevent
            SET detail = jsonb_build_object(
                'count', coalesce((detail->>'count')::integer, 1) + 1, 'lastAt', %(now_as_text)s::text
            )
            FROM earlier WHERE invitations_invitationevent.id = earlier.id
            RETURNING earlier.id
        )
        INSERT INTO invitations_invitationevent (id, invitation_id, type, actor, detail, created_at)
        SELECT %(event)s, id, '{event_type}', '{actor}', '{{}}', %(now)s
        FROM opened WHERE NOT EXISTS (SELECT FROM counted)
        RETURNING id
    """)


LOG_VIEW = _log_opening("last_viewed_at", EventType.VIEWED, ActorKind.CONTRIBUTOR)
LOG_FETCH = _log_opening("last_fetched_at", EventType.FETCHED, ActorKind.SYSTEM)


# a check constraint of the invitation ends the statement if it has no use left
_SPEND = f"""
    used AS ({_use.sql}),
    spent AS (
        UPDATE invitations_invitation
        SET use_count = use_count + 1, updated_at = %(use_created_at)s,
            last_viewed_at = coalesce(last_viewed_at, %(use_created_at)s)
        WHERE id = %(use_invitation_id)s
        RETURNING use_count, max_uses
    ),
    fulfilled AS ({_fulfilled.into} SELECT {_fulfilled.parameters} FROM spent WHERE use_count = max_uses)
    {_event.sql} RETURNING id
"""
_SPEND_USE = Statement(f"WITH {_SPEND}")
_REDEEM = Statement(f"WITH {CONNECTION_INSERTS}, connection_event AS ({EVENT_INSERT}), {_SPEND}")


def spend_use(use: Use, used: InvitationEvent, fulfilled: InvitationEvent) -> None:
    """Insert the use with its event, and count it. `fulfilled` is inserted if it was the last one.

    The caller has locked the invitation and checked that it may be used. An old browser does not tell that a person
    opened the page, but a use does.
    """
    _SPEND_USE.row(**_use_values(use, used, fulfilled))


def redeem(draft: ConnectionDraft, use: Use, used: InvitationEvent, fulfilled: InvitationEvent) -> None:
    """Insert a new connection and spend the use that it costs. The caller has locked the company, too."""
    made = connection_values(draft.connection, draft.credential, draft.created)
    _REDEEM.row(**made, **_use_values(use, used, fulfilled))


_SAVED_ACCOUNTS = Statement("""
    SELECT invitations_use.id, coalesce(connections_datasource.login_url, connections_connection.url),
        connections_credential.connection_id, connections_credential.encrypted
    FROM invitations_use
    JOIN connections_connection ON connections_connection.id = invitations_use.connection_id
    JOIN connections_credential ON connections_credential.connection_id = invitations_use.connection_id
    LEFT JOIN connections_datasource ON connections_datasource.id = connections_connection.datasource_id
    WHERE invitations_use.invitation_id = %(invitation)s
    ORDER BY invitations_use.id DESC LIMIT %(limit)s
""")


def saved_accounts(invitation_id: UUID, *, limit: int) -> list[tuple[UUID, str, UUID, bytes | None]]:
    """Return use, login page, connection and encrypted credentials of the newest connections of an invitation."""
    return _SAVED_ACCOUNTS.rows(invitation=invitation_id, limit=limit)


def _use_values(use: Use, used: InvitationEvent, fulfilled: InvitationEvent) -> dict[str, Any]:
    return _use.values(use) | _event.values(used) | _fulfilled.values(fulfilled)
