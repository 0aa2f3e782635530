"""One invitation, and a page of those of a company."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer

from bench.peer.api import CALLER, COLUMNS, ISO, SEEN, ReadJson, explain, record_use, represent
from bench.peer.database import pool
from bench.peer.problems import Invalid

SCOPE = "invitations:read"
WIDTH = 22  # columns of `COLUMNS`
LAST_ID = UUID(int=2**128 - 1)
CURSORS = Signer(salt="latchkey.cursor.invitations")

ONE = f"""
WITH {CALLER}
SELECT {COLUMNS}, invitation.send_email, log.events, log.has_more, mails.deliveries, caller.is_stale
FROM caller
JOIN companies_company company ON {SEEN}
JOIN invitations_invitation invitation ON invitation.id = $3 AND invitation.company_id = company.id
CROSS JOIN LATERAL (
    SELECT json_agg(latest.document ORDER BY latest.id) FILTER (WHERE latest.number <= 100) AS events,
        count(*) > 100 AS has_more
    FROM (
        SELECT event.id, row_number() OVER (ORDER BY event.id DESC) AS number, json_build_object(
            'createdAt', to_char(event.created_at AT TIME ZONE 'UTC', {ISO}), 'actor', event.actor,
            'apiKey', key.prefix, 'email', event.email, 'id', event.id, 'type', event.type, 'detail', event.detail
        ) AS document
        FROM invitations_invitationevent event LEFT JOIN companies_apikey key ON key.id = event.api_key_id
        WHERE event.invitation_id = invitation.id ORDER BY event.id DESC LIMIT 101
    ) latest
) log
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'email', email, 'status', status, 'attempts', attempts, 'lastError', last_error, 'fault', fault,
        'lastAttemptAt', to_char(last_attempt_at AT TIME ZONE 'UTC', {ISO})
    ) ORDER BY id) AS deliveries
    FROM invitations_delivery WHERE invitation_id = invitation.id
) mails
"""
PAGE = f"""
WITH {CALLER}
SELECT {COLUMNS}, caller.is_stale
FROM caller
JOIN companies_company company ON company.id = $3 AND {SEEN}
CROSS JOIN LATERAL (
    SELECT * FROM invitations_invitation
    WHERE company_id = ANY(ARRAY[company.id]) AND id < $4 ORDER BY company_id, id DESC LIMIT $5
) invitation
"""
OWN_COMPANY = f"""
WITH {CALLER} SELECT 1 FROM caller JOIN companies_company company ON company.id = $3 AND {SEEN}
"""


async def find_one(secret_hash: bytes, invitation_id: UUID, read_json: ReadJson) -> dict[str, Any]:
    row = await pool().fetchrow(ONE, secret_hash, SCOPE, invitation_id)
    if row is None:
        raise await explain(secret_hash, SCOPE)
    *columns, send_email, events, has_more, deliveries, is_stale = row
    if is_stale:
        await record_use(secret_hash)
    shown = represent(columns, read_json, datetime.now(UTC))
    if deliveries or send_email:
        deliveries = _with_unmailed(deliveries or "[]", shown["allowedEmails"])
    more = {"events": read_json(events or "[]"), "hasMoreEvents": has_more, "deliveries": read_json(deliveries or "[]")}
    return shown | more


async def find_page(
    secret_hash: bytes, company_id: UUID, limit: int, cursor: str | None, read_json: ReadJson
) -> dict[str, Any]:
    last_id = _read_cursor(cursor)
    rows = await pool().fetch(PAGE, secret_hash, SCOPE, company_id, last_id, limit + 1)
    if not rows and not await pool().fetchval(OWN_COMPANY, secret_hash, SCOPE, company_id):
        raise await explain(secret_hash, SCOPE)
    if rows and rows[0]["is_stale"]:
        await record_use(secret_hash)
    now = datetime.now(UTC)
    invitations = [represent(row[:WIDTH], read_json, now) for row in rows[:limit]]
    following = CURSORS.sign(rows[limit - 1]["id"].hex) if len(rows) > limit else None
    page = {"perPage": limit, "hasNext": following is not None, "nextCursor": following}
    return {"invitations": invitations} | page


def _read_cursor(cursor: str | None) -> UUID:
    """Return the id before which the page begins."""
    try:
        return UUID(CURSORS.unsign(cursor)) if cursor else LAST_ID
    except (BadSignature, ValueError):
        raise Invalid("This cursor does not belong to this list.") from None


def _with_unmailed(document: str, emails: list[str]) -> str:
    deliveries = orjson.loads(document)
    mailed = {each["email"] for each in deliveries}
    unmailed = {"status": "NOT_MAILED", "attempts": 0, "lastError": None, "fault": None, "lastAttemptAt": None}
    others = [email for email in emails if email not in mailed and not email.startswith("*")]
    return orjson.dumps(deliveries + [unmailed | {"email": email} for email in others]).decode()
