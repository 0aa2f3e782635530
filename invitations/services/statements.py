"""SQL of changes that are one statement each, with their guards in it. Run them in any transaction, or in none."""

from companies.models import ActorKind
from config.db.inserts import Insert
from config.db.statements import Statement
from invitations.models import EventType, Invitation, InvitationEvent

_invitation, _event = Insert(Invitation, "invitation"), Insert(InvitationEvent, "event")
_CREATE = Statement(f"WITH invitation AS ({_invitation.sql}) {_event.sql} RETURNING id")


def insert_invitation(invitation: Invitation, created: InvitationEvent) -> None:
    """Insert both rows, or none."""
    _CREATE.row(**_invitation.values(invitation), **_event.values(created))


def _log_opening(column: str, event_type: EventType, actor: ActorKind) -> Statement:
    """Log an event, at most one since `guard`, or count it in that of the last hour.

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
