"""A page that is opened, and the event of it."""

from collections.abc import Mapping
from datetime import timedelta

from uuid_utils.compat import uuid7

from bench.peer.api import ISO
from bench.peer.database import pool
from bench.peer.events import WAKE, invitation_snapshot, publish
from bench.peer.links import Link, find_link, now_utc

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
EARLY_FETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
EARLY_FETCHES = ("prefetch", "preview", "prerender")
VIEW_INTERVAL, FETCH_INTERVAL, FOLDED_FOR = timedelta(minutes=10), timedelta(hours=1), timedelta(hours=1)


def _log(column: str, event_type: str, actor: str, *more: str) -> str:
    """Return the statement that logs an opened page. The row lock keeps those of one invitation in turn.

    $1: invitation, $2: now, $3: now minus the interval, $4: an hour ago, $5: id of a new event. `more` are further
    parts of its WITH.
    """
    return f"""
        WITH seen AS (
            UPDATE invitations_invitation SET {column} = $2
            WHERE id = $1 AND ({column} IS NULL OR {column} <= $3) RETURNING *
        ), last AS (
            SELECT event.id FROM seen JOIN invitations_invitationevent event ON event.invitation_id = seen.id
            WHERE event.type = '{event_type}' AND event.actor = '{actor}' AND event.email IS NULL
                AND event.created_at > $4 ORDER BY event.id DESC LIMIT 1
        ), counted AS (
            UPDATE invitations_invitationevent event SET detail = event.detail || jsonb_build_object(
                'count', coalesce((event.detail ->> 'count')::int, 1) + 1,
                'lastAt', to_char($2 AT TIME ZONE 'UTC', {ISO})
            ) FROM last WHERE event.id = last.id
        ), logged AS (
            INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, detail)
            SELECT $5::uuid, seen.id, '{event_type}', $2, '{actor}', '{{}}' FROM seen
            WHERE NOT EXISTS (SELECT 1 FROM last) RETURNING id
        )
        {"".join(f", {part}" for part in more)}
        SELECT id FROM logged
    """


# $6: id of the event for the partner
_PUBLISHED = publish(
    "published",
    "invitation.viewed",
    new_id="$6",
    now="$2",
    resource="invitation.id",
    data=invitation_snapshot(),
    source="logged, seen invitation JOIN companies_company company ON company.id = invitation.company_id",
)
LOG_VIEW = _log("last_viewed_at", "VIEWED", "CONTRIBUTOR", _PUBLISHED, WAKE)
LOG_FETCH = _log("last_fetched_at", "FETCHED", "SYSTEM")


async def open_page(method: str, token: str, headers: Mapping[str, str]) -> Link:
    """Return the link of a page that is opened, and log it."""
    now = now_utc()
    link = await find_link(token, headers.get("cookie", ""), now)
    is_view = _is_page_view(method, headers)
    log, interval = (LOG_VIEW, VIEW_INTERVAL) if is_view else (LOG_FETCH, FETCH_INTERVAL)
    last = link.last_viewed_at if is_view else link.last_fetched_at
    if last is None or now - last >= interval:
        ids = [uuid7(), uuid7()] if is_view else [uuid7()]
        await pool().execute(log, link.id, now, now - interval, now - FOLDED_FOR, *ids)
    return link


def _is_page_view(method: str, headers: Mapping[str, str]) -> bool:
    purposes = [headers.get(name, "").lower() for name in EARLY_FETCH_HEADERS]
    is_early = any(word in purpose for purpose in purposes if purpose for word in EARLY_FETCHES)
    return method == "GET" and headers.get("sec-fetch-dest") == "document" and not is_early
