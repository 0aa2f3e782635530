"""SQL of changes that are one statement each. Run them in any transaction, or in none, unless they ask for a lock."""

from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from companies.models import ActorKind, PartnerEvent, PartnerEventType
from companies.services.webhooks.statements import Publication
from config.db.inserts import Insert
from config.db.statements import Statement
from config.db.wire_text import expression
from config.times import iso_8601
from connections.services.statements import insert_only_from
from invitations.models import EventType, FormDraft, Invitation, InvitationEvent, InvitationType, Use
from invitations.models.status import Status, status_condition

_invitation, _event = Insert(Invitation, "invitation"), Insert(InvitationEvent, "event")
_use, _fulfilled = Insert(Use, "use"), Insert(InvitationEvent, "fulfilled")
_published = Publication("published")
_CREATE = Statement(
    f"WITH invitation AS ({_invitation.sql}), {_published.sql}, {_published.wake_sql} {_event.sql} RETURNING id"
)


def insert_invitation(invitation: Invitation, created: InvitationEvent, published: PartnerEvent) -> None:
    """Insert all rows, or none."""
    _CREATE.row(**_invitation.values(invitation), **_event.values(created), **_published.values(published))


def _log_opening(column: str, event_type: EventType, actor: ActorKind, *more: str) -> Statement:
    """Write the statement that logs an event, at most one since `guard`, or counts it in that of the last hour.

    `more` are further parts of its WITH. `logged` has a row if the event is a new one.

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
        ), logged AS (
            INSERT INTO invitations_invitationevent (id, invitation_id, type, actor, detail, created_at)
            SELECT %(event)s, id, '{event_type}', '{actor}', '{{}}', %(now)s
            FROM opened WHERE NOT EXISTS (SELECT FROM counted)
            RETURNING id
        )
        {"".join(f", {part}" for part in more)}
        SELECT id FROM logged
    """)


_viewed = Publication("published", only_from="logged")
_LOG_VIEW = _log_opening("last_viewed_at", EventType.VIEWED, ActorKind.CONTRIBUTOR, _viewed.sql, _viewed.wake_sql)
_LOG_FETCH = _log_opening("last_fetched_at", EventType.FETCHED, ActorKind.SYSTEM)


def log_view(invitation_id: UUID, published: PartnerEvent, *, now: datetime, **times: datetime) -> None:
    """Log that a person opened the page. The event is published if it is a new row."""
    _LOG_VIEW.row(
        invitation=invitation_id,
        event=uuid7(),
        now=now,
        now_as_text=iso_8601(now),
        **times,
        **_viewed.values(published),
    )


def log_fetch(invitation_id: UUID, *, now: datetime, **times: datetime) -> None:
    _LOG_FETCH.row(invitation=invitation_id, event=uuid7(), now=now, now_as_text=iso_8601(now), **times)


_ended = "spent WHERE use_count = max_uses"
_paid = Publication("published", only_from="spent")
# a check constraint of the invitation ends the statement if it has no use left
_SPENT = """
    spent AS (
        UPDATE invitations_invitation
        SET use_count = use_count + 1, updated_at = %(use_created_at)s, declined_at = NULL, declined_emails = '{{}}',
            last_viewed_at = coalesce(last_viewed_at, %(use_created_at)s)
        {}
        RETURNING use_count, max_uses
    )
"""
_LOG_USE = f"""
    used AS ({_use.only_from("spent")}),
    receipt AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, args)
        SELECT 'mail', 'invitations.tasks.send_receipt', jsonb_build_object('use_id', %(use_id)s::uuid)
        FROM spent WHERE %(sends_receipt)s::boolean
    ),
    fulfilled AS ({_fulfilled.only_from(_ended)}),
    {_paid.sql},
    {_paid.again("published_end", PartnerEventType.INVITATION_FULFILLED, only_from=_ended)},
    {_paid.wake_sql}
    {_event.only_from("spent")} RETURNING id
"""
_SPEND_USE = Statement(f"WITH {_SPENT.format('WHERE id = %(use_invitation_id)s')}, {_LOG_USE}")
# It does not wait for a lock: after that, it would not see what a draft wrote meanwhile.
_REDEEM = Statement(f"""
    WITH unchanged AS (
        SELECT invitations_invitation.id
        FROM invitations_invitation JOIN companies_company ON companies_company.id = company_id
        WHERE invitations_invitation.id = %(use_invitation_id)s AND revoked_at IS NULL AND companies_company.is_active
            AND use_count = %(seen_use_count)s AND invitations_invitation.updated_at = %(seen_updated_at)s
        FOR NO KEY UPDATE OF invitations_invitation SKIP LOCKED FOR SHARE OF companies_company SKIP LOCKED
    ),
    {_SPENT.format("FROM unchanged WHERE invitations_invitation.id = unchanged.id")},
    {insert_only_from("spent")},
    submitted AS (
        DELETE FROM invitations_formdraft USING spent
        WHERE form_id IN (%(use_form_id)s::uuid, %(shown_draft)s::uuid) AND invitation_id = %(use_invitation_id)s
    ),
    {_LOG_USE}
""")


def spend_use(use: Use, used: InvitationEvent, fulfilled: InvitationEvent, published: PartnerEvent) -> None:
    """Insert the use with its event, and count it. `fulfilled` is inserted and published if it was the last one.

    The caller has locked the invitation and checked that it may be used. An old browser does not tell that a person
    opened the page, but a use does.
    """
    _SPEND_USE.row(**_use_values(use, used, fulfilled, published))


def redeem(
    connection: dict[str, Any],
    use: Use,
    used: InvitationEvent,
    fulfilled: InvitationEvent,
    published: PartnerEvent,
    *,
    seen: dict[str, Any],
    shown_draft: UUID | None,
) -> bool:
    """Insert a new connection and spend the use that it costs.

    False, and nothing is stored, if the invitation was changed since it had the `use_count` and `updated_at` that are
    `seen`, if its company is not active, or if another transaction has locked one of them. `connection` are its
    `connection_values`. Deletes the draft of the form, and the one that it showed at first.
    """
    values = connection | _use_values(use, used, fulfilled, published) | {f"seen_{key}": seen[key] for key in seen}
    return _REDEEM.row(**values, shown_draft=shown_draft) is not None


_draft = Insert(FormDraft, "draft")
_DRAFTS_OF_OWNER = """
    invitations_formdraft.invitation_id = open.id
    AND invitations_formdraft.email IS NOT DISTINCT FROM %(draft_email)s::varchar
    AND invitations_formdraft.browser_hash IS NOT DISTINCT FROM %(draft_browser_hash)s::bytea
"""
MAX_DRAFTS = 1000
# A submission and a removal of addresses lock the invitation against `FOR SHARE`. After waiting for one, this would
# not see what it wrote, so it stores nothing if the row is not the same any more.
_SAVE_DRAFT = Statement(f"""
    WITH open AS (
        SELECT id FROM invitations_invitation
        WHERE id = %(draft_invitation_id)s AND use_count = %(use_count)s AND updated_at = %(updated_at)s FOR SHARE
    ), replaced AS (
        DELETE FROM invitations_formdraft USING open
        WHERE form_id = %(replaces)s::uuid AND form_id <> %(draft_form_id)s AND {_DRAFTS_OF_OWNER}
    ), crowded_out AS (
        DELETE FROM invitations_formdraft WHERE form_id IN (
            SELECT form_id FROM invitations_formdraft WHERE form_id IN (
                SELECT form_id FROM invitations_formdraft
                WHERE invitation_id = %(draft_invitation_id)s AND form_id <> %(draft_form_id)s
                ORDER BY saved_at DESC OFFSET {MAX_DRAFTS - 1}
            ) FOR UPDATE SKIP LOCKED
        )
    ), saved AS (
        {_draft.only_from("open")}
        WHERE NOT EXISTS (
            SELECT FROM invitations_use WHERE invitation_id = open.id AND form_id = %(draft_form_id)s
        )
        ON CONFLICT (form_id) DO UPDATE
        SET encrypted = excluded.encrypted, saved_at = excluded.saved_at, browser_hash = excluded.browser_hash
        WHERE invitations_formdraft.invitation_id = excluded.invitation_id
            AND invitations_formdraft.email IS NOT DISTINCT FROM excluded.email
    )
    SELECT id FROM open
""")


def save_draft(draft: FormDraft, invitation: Invitation, *, replaces: UUID | None) -> bool:
    """Insert or change the draft of a form that was not submitted, and delete its owner's draft `replaces`.

    If the browser has another secret now, the draft follows it. A draft of an address never gets another owner.
    False, and nothing is stored, if `invitation` was read before its last change. An invitation keeps its newest 1,000.
    """
    read = {"use_count": invitation.use_count, "updated_at": invitation.updated_at}
    return _SAVE_DRAFT.row(**_draft.values(draft), **read, replaces=replaces) is not None


# `OFFSET 0` keeps the other conditions out: for several addresses, PostgreSQL would expect many rows of each, and read
# the whole table instead of the index
NEWEST_OPEN = Statement(f"""
    SELECT DISTINCT ON (wanted.address) wanted.address, invitations_invitation.id
    FROM unnest(%(addresses)s::varchar[]) AS wanted (address), LATERAL (
        SELECT * FROM invitations_invitation WHERE allowed_emails @> ARRAY[wanted.address] OFFSET 0
    ) AS invitations_invitation
    WHERE company_id = %(company)s AND invitation_type = '{InvitationType.CREATE_CONNECTION}'
        AND {expression(Invitation, status_condition([Status.ACTIVE]))}
    ORDER BY wanted.address, invitations_invitation.id DESC
""")


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


def _use_values(use: Use, used: InvitationEvent, fulfilled: InvitationEvent, published: PartnerEvent) -> dict[str, Any]:
    events = _event.values(used) | _fulfilled.values(fulfilled) | _published.values(published)
    # a receipt of test mode needs no worker: `store_test_receipt`
    sends_receipt = use.invitation.company.is_live and use.receipt_email is not None
    return _use.values(use) | events | {"published_end_id": uuid7(), "sends_receipt": sends_receipt}
