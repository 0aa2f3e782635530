"""`GET /p/i/{token}`: the page, and the event that it was opened."""

from datetime import datetime, timedelta
from functools import cache
from html import escape
from itertools import product
from typing import NamedTuple

from django.http import HttpRequest
from django.template.defaultfilters import linebreaks
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils.compat import uuid7

from bench.peer.api import ISO
from bench.peer.database import pool
from bench.peer.links import Link, find_link, now_utc
from companies.models import Company, Partner
from invitations.contributor.request import ContributorRequest
from invitations.models import Invitation

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
EARLY_FETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
EARLY_FETCHES = ("prefetch", "preview", "prerender")
VIEW_INTERVAL, FETCH_INTERVAL, FOLDED_FOR = timedelta(minutes=10), timedelta(hours=1), timedelta(hours=1)


def _log(column: str, event_type: str, actor: str) -> str:
    """Return the statement that logs an opened page. The row lock keeps those of one invitation in turn.

    $1: invitation, $2: now, $3: now minus the interval, $4: an hour ago, $5: id of a new event.
    """
    return f"""
        WITH seen AS (
            UPDATE invitations_invitation SET {column} = $2
            WHERE id = $1 AND ({column} IS NULL OR {column} <= $3) RETURNING id
        ), last AS (
            SELECT event.id FROM seen JOIN invitations_invitationevent event ON event.invitation_id = seen.id
            WHERE event.type = '{event_type}' AND event.actor = '{actor}' AND event.email IS NULL
                AND event.created_at > $4 ORDER BY event.id DESC LIMIT 1
        ), counted AS (
            UPDATE invitations_invitationevent event SET detail = event.detail || jsonb_build_object(
                'count', coalesce((event.detail ->> 'count')::int, 1) + 1,
                'lastAt', to_char($2 AT TIME ZONE 'UTC', {ISO})
            ) FROM last WHERE event.id = last.id
        )
        INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, detail)
        SELECT $5, seen.id, '{event_type}', $2, '{actor}', '{{}}' FROM seen WHERE NOT EXISTS (SELECT 1 FROM last)
    """


LOG_VIEW = _log("last_viewed_at", "VIEWED", "CONTRIBUTOR")
LOG_FETCH = _log("last_fetched_at", "FETCHED", "SYSTEM")


async def invitation(request: Request) -> Response:
    now = now_utc()
    link = await find_link(request, now)
    is_view = _is_page_view(request)
    log, interval = (LOG_VIEW, VIEW_INTERVAL) if is_view else (LOG_FETCH, FETCH_INTERVAL)
    last = link.last_viewed_at if is_view else link.last_fetched_at
    if last is None or now - last >= interval:
        await pool().execute(log, link.id, now, now - interval, now - FOLDED_FOR, uuid7())
    return Response(render(link, request.path_params["token"]), 200, HEADERS, "text/html")


def _is_page_view(request: Request) -> bool:
    purposes = [request.headers.get(name, "").lower() for name in EARLY_FETCH_HEADERS]
    is_early = any(word in purpose for purpose in purposes if purpose for word in EARLY_FETCHES)
    return request.method == "GET" and request.headers.get("sec-fetch-dest") == "document" and not is_early


class Parts(NamedTuple):
    """Parts of the page that an invitation may have."""

    is_restricted: bool
    has_message: bool
    has_end: bool
    has_limit: bool
    locks_provider: bool
    locks_coverage: bool


# texts that stand for values in the pieces of the page
TOKEN, PARTNER, COMPANY, MESSAGE = "T" * 43, "PARTNER-PARTNER", "COMPANY-COMPANY", "MESSAGE-MESSAGE"
END, LIMIT = datetime.fromisoformat("1999-12-31T23:58:59+00:00"), 987_654_321
LOCKS_PROVIDER = ({"url"}, {"datasourceId"})
LOCKS_COVERAGE = {"utilityTypes", "initialSites"}


def render(link: Link, token: str) -> str:
    locked, end = set(link.locked_fields), link.expires_at
    parts = Parts(
        is_restricted=bool(link.emails),
        has_message=bool(link.message),
        has_end=end is not None,
        has_limit=bool(link.max_uses),
        locks_provider=any(lock <= locked for lock in LOCKS_PROVIDER),
        locks_coverage=locked >= LOCKS_COVERAGE,
    )
    return _pieces(parts) % {
        "token": token,
        "partner": escape(link.partner),
        "company": escape(link.company),
        "message": linebreaks(link.message, autoescape=True) if link.message else "",
        "iso": end and end.isoformat(),
        "end": end and _as_text(end),
        "left": link.max_uses and link.max_uses - link.use_count,
    }


def prepare() -> None:
    """Render the pieces of every combination of parts."""
    for combination in product([False, True], repeat=len(Parts._fields)):
        _pieces(Parts(*combination))


@cache
def _pieces(parts: Parts) -> str:
    """Let Latchkey render the page of an invitation with these parts, with `%(name)s` in place of each value."""
    html = _page_of(parts).replace("%", "%%")
    for text, name in {
        TOKEN: "token",
        PARTNER: "partner",
        COMPANY: "company",
        f"<p>{MESSAGE}</p>": "message",
        END.isoformat(): "iso",
        _as_text(END): "end",
        str(LIMIT): "left",
    }.items():
        html = html.replace(text, f"%({name})s")
    return html


def _page_of(parts: Parts) -> str:
    prefill: dict[str, object] = {"lockedFields": []}
    if parts.locks_provider:
        prefill |= {"url": "https://example.com/", "lockedFields": ["url"]}
    if parts.locks_coverage:
        prefill |= {"utilityTypes": ["GAS"], "initialSites": [str(uuid7())]}
        prefill["lockedFields"] = [*prefill["lockedFields"], *LOCKS_COVERAGE]  # type: ignore[misc]
    example = Invitation(
        company=Company(name=COMPANY, partner=Partner(name=PARTNER)),
        invitation_type="CREATE_CONNECTION",
        allowed_emails=["a@example.com"] if parts.is_restricted else [],
        message=MESSAGE if parts.has_message else None,
        expires_at=END if parts.has_end else None,
        max_uses=LIMIT if parts.has_limit else None,
        prefill=prefill,
    )
    page = ContributorRequest(HttpRequest(), example, TOKEN)
    return page.render("invitation", proof=None, is_verified=False, results=[]).content.decode()


def _as_text(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M}"
