"""`GET /v2/invitation/{id}` and `GET /v2/invitation/company/{id}`."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer
from starlette.requests import Request
from starlette.responses import Response

from bench.peer.api import CALLER, COLUMNS, ISO, explain, hashed_key, record_use, represent, respond
from bench.peer.database import pool
from bench.peer.problems import Invalid

SCOPE = "invitations:read"
WIDTH = 19  # columns of `COLUMNS`
LAST_ID = UUID(int=2**128 - 1)
CURSORS = Signer(salt="latchkey.cursor.invitations")

ONE = f"""
WITH {CALLER}
SELECT {COLUMNS}, invitation.send_email, log.events, log.has_more, mails.deliveries, caller.is_stale
FROM caller
JOIN companies_company company ON company.partner_id = caller.partner_id
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
JOIN companies_company company ON company.id = $3 AND company.partner_id = caller.partner_id
CROSS JOIN LATERAL (
    SELECT * FROM invitations_invitation
    WHERE company_id = ANY(ARRAY[company.id]) AND id < $4 ORDER BY company_id, id DESC LIMIT $5
) invitation
"""
OWN_COMPANY = f"""
WITH {CALLER} SELECT 1 FROM caller JOIN companies_company company USING (partner_id) WHERE company.id = $3
"""


async def retrieve(request: Request) -> Response:
    if request.query_params:
        raise Invalid("Unknown parameter.")
    secret_hash = hashed_key(request)
    row = await pool().fetchrow(ONE, secret_hash, SCOPE, request.path_params["invitation_id"])
    if row is None:
        raise await explain(secret_hash, SCOPE)
    *columns, send_email, events, has_more, deliveries, is_stale = row
    if is_stale:
        await record_use(secret_hash)
    document = represent(columns)
    document["events"] = orjson.Fragment(events or "[]")
    document["hasMoreEvents"] = has_more
    document["deliveries"] = orjson.Fragment(deliveries or "[]")
    if deliveries or send_email:
        document["deliveries"] = _with_unmailed(orjson.loads(deliveries or "[]"), document["allowedEmails"])
    return respond(document)


async def page(request: Request) -> Response:
    limit, last_id = _read_query(request)
    secret_hash, company_id = hashed_key(request), request.path_params["company_id"]
    rows = await pool().fetch(PAGE, secret_hash, SCOPE, company_id, last_id, limit + 1)
    if not rows and not await pool().fetchval(OWN_COMPANY, secret_hash, SCOPE, company_id):
        raise await explain(secret_hash, SCOPE)
    if rows and rows[0]["is_stale"]:
        await record_use(secret_hash)
    now = datetime.now(UTC)
    invitations = [represent(row[:WIDTH], now) for row in rows[:limit]]
    cursor = CURSORS.sign(rows[limit - 1]["id"].hex) if len(rows) > limit else None
    return respond({"invitations": invitations, "perPage": limit, "hasNext": cursor is not None, "nextCursor": cursor})


def _read_query(request: Request) -> tuple[int, UUID]:
    """Return the limit, and the id before which the page begins."""
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) < len(pairs):
        raise Invalid("Send this parameter only once.")
    limit, cursor = query.pop("limit", "50"), query.pop("cursor", None)
    if query:
        raise Invalid("Unknown parameter.")
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 3 and 1 <= int(limit) <= 100):
        raise Invalid("The limit is a number from 1 to 100.")
    try:
        return int(limit), UUID(CURSORS.unsign(cursor)) if cursor else LAST_ID
    except (BadSignature, ValueError):
        raise Invalid("This cursor does not belong to this list.") from None


def _with_unmailed(deliveries: list[dict[str, Any]], emails: list[str]) -> list[dict[str, Any]]:
    mailed = {each["email"] for each in deliveries}
    unmailed = {"status": "NOT_MAILED", "attempts": 0, "lastError": None, "fault": None, "lastAttemptAt": None}
    others = [email for email in emails if email not in mailed and not email.startswith("*")]
    return deliveries + [unmailed | {"email": email} for email in others]
