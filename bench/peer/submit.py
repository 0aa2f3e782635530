"""`POST /p/i/{token}/connect`: the contributor's form."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from asyncpg import UniqueViolationError
from django.conf import settings
from django.core.signing import Signer, b62_encode
from django.middleware.csrf import _does_token_match
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from uuid_utils.compat import uuid7

from bench.peer.api import KEYRING
from bench.peer.create import COUNTRIES, UTILITY_TYPES
from bench.peer.database import pool
from bench.peer.links import Link, Provider, find_link_and_provider, now_utc
from bench.peer.pages import HEADERS
from bench.peer.problems import Invalid, NotOfThePeer, Problem
from companies.addresses import normalize_address
from config.db.name_search import fold
from config.exceptions import InvalidField
from config.typed_text import clean_typed
from connections.models import login_host

CSRF_COOKIE = re.compile(rf"(?:^|; ){re.escape(settings.CSRF_COOKIE_NAME)}=(\w+)")
RESULTS = Signer(salt="latchkey.result")
DAY_SECONDS = 24 * 60 * 60
FIELDS = {
    "csrfmiddlewaretoken", "form_id", "provider", "datasource", "country", "sites", "utility_types", "owner_email",
    "username", "password",
}  # fmt: skip
SANDBOX_TASK = "connections.tasks.check_sandbox"

EARLIER = """
SELECT use.id, use.form_id FROM invitations_use use WHERE use.invitation_id = $1 AND use.form_id = $2
"""
ACCOUNTS = """
SELECT connection.id, coalesce(datasource.login_url, connection.url), credential.encrypted
FROM invitations_use use
JOIN connections_connection connection ON connection.id = use.connection_id
JOIN connections_credential credential ON credential.connection_id = connection.id
LEFT JOIN connections_datasource datasource ON datasource.id = connection.datasource_id
WHERE use.invitation_id = $1 ORDER BY use.id DESC LIMIT 1000
"""
# $1: invitation, $2: uses that were seen, $3: now, $4: its id, $5: provider, $6: country, $7: kinds of utility,
# $8: owner, $9: credentials, $10: host, $11 to $14: ids of use and events, $15: form, $16: is it a sandbox
SPEND = f"""
WITH company AS (
    SELECT id FROM companies_company
    WHERE id = (SELECT company_id FROM invitations_invitation WHERE id = $1) AND is_active FOR SHARE
), spent AS (
    UPDATE invitations_invitation invitation
    SET use_count = use_count + 1, updated_at = $3, last_viewed_at = coalesce(last_viewed_at, $3)
    FROM company
    WHERE invitation.id = $1 AND invitation.company_id = company.id AND use_count = $2 AND revoked_at IS NULL
        AND (max_uses IS NULL OR use_count < max_uses) AND (expires_at IS NULL OR expires_at > $3)
        AND allowed_emails = '{{}}' AND NOT prefill ? 'lockedFields'
    RETURNING invitation.id, invitation.company_id, invitation.use_count = invitation.max_uses AS is_fulfilled
), made AS (
    INSERT INTO connections_connection (
        id, company_id, datasource_id, country, utility_types, owner_email, origin_invitation_id, status,
        status_changed_at, metadata, created_at, updated_at
    )
    SELECT $4, company_id, $5, $6, $7, $8, id, 'PENDING', $3, '{{}}', $3, $3 FROM spent RETURNING id
), credential AS (
    INSERT INTO connections_credential (connection_id, encrypted, extras, host, version, created_at, updated_at)
    SELECT id, $9, '{{}}', $10, 1, $3, $3 FROM made
), created AS (
    INSERT INTO connections_connectionevent (id, connection_id, type, created_at, actor, detail)
    SELECT $12, id, 'CREATED', $3, 'CONTRIBUTOR', '{{}}' FROM made
), use AS (
    INSERT INTO invitations_use (id, invitation_id, connection_id, form_id, created_at)
    SELECT $11, spent.id, made.id, $15, $3 FROM spent CROSS JOIN made
), events AS (
    INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, detail)
    SELECT $13::uuid, spent.id, 'USED', $3, 'CONTRIBUTOR', jsonb_build_object('connectionId', $4) FROM spent
    UNION ALL SELECT $14::uuid, id, 'FULFILLED', $3, 'CONTRIBUTOR', '{{}}'::jsonb FROM spent WHERE is_fulfilled
)
SELECT CASE WHEN $16 THEN procrastinate_defer_jobs_v1(ARRAY[ROW(
    'default', '{SANDBOX_TASK}', 0, NULL, NULL, jsonb_build_object('connection_id', $4), $3 + interval '2 seconds'
)::procrastinate_job_to_defer_v1]) END FROM made
"""


async def submit(request: Request) -> Response:
    pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=100)
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise NotOfThePeer("Several kinds of utility.")
    _ensure_same_origin(request, fields.get("csrfmiddlewaretoken", ""))
    now, form = now_utc(), _check(fields)
    link, provider = await find_link_and_provider(request, now, fold(form["provider"]))
    if link.emails or link.locked_fields:
        raise NotOfThePeer("Verified addresses and locked fields.")
    use_id = await _find_use(link, form) or await _save(link, provider, form, now)
    return _show_result(request.path_params["token"], use_id, now)


def _ensure_same_origin(request: Request, token: str) -> None:
    cookie = CSRF_COOKIE.search(request.headers.get("cookie", ""))
    is_ours = request.headers.get("origin") == f"https://{request.headers['host']}"
    if not is_ours or not cookie or len(token) != 64 or not _does_token_match(token, cookie[1]):
        raise Problem(403, "CSRF", "Open the form again.")


def _check(fields: dict[str, str]) -> dict[str, Any]:
    if fields.keys() - FIELDS or fields.get("sites") or fields.get("datasource"):
        raise NotOfThePeer("Sites, choices of providers, extras and dates.")
    username, password = clean_typed(fields.get("username", "")), fields.get("password", "")
    country, kind, owner = fields.get("country"), fields.get("utility_types"), fields.get("owner_email")
    try:
        form_id = UUID(fields.get("form_id", ""))
        owner = normalize_address(owner) if owner else None
    except (ValueError, InvalidField):
        raise Invalid("Enter an address like name@example.com.") from None
    if not username or len(username) > 254 or not password or len(password) > 1000:
        raise Invalid("Enter the user name and the password you log in with.")
    if (country and country not in COUNTRIES) or (kind and kind not in UTILITY_TYPES):
        raise Invalid("Choose a country and a kind of utility.")
    return {
        "form_id": form_id,
        "provider": clean_typed(fields.get("provider", "")),
        "country": country or None,
        "utility_types": [kind] if kind else [],
        "owner_email": owner,
        "credentials": {"username": username, "password": password},
    }


async def _find_use(link: Link, form: dict[str, Any]) -> UUID | None:
    """Return the use of a form that was sent before."""
    earlier = await pool().fetchrow(EARLIER, link.id, form["form_id"]) if link.use_count else None
    return earlier and earlier["id"]


async def _save(link: Link, provider: Provider, form: dict[str, Any], now: datetime) -> UUID:
    host = login_host(provider.login_url)
    if link.use_count:
        await _ensure_new_account(link, host, form["credentials"]["username"])
    connection_id, use_id = uuid7(), uuid7()
    encrypted = KEYRING.encrypt(orjson.dumps(form["credentials"]), associated_data=f"credential:{connection_id}")
    try:
        made = await pool().fetch(
            SPEND, link.id, link.use_count, now, connection_id, provider.id, form["country"] or provider.country,
            form["utility_types"], form["owner_email"], encrypted, host, use_id, uuid7(), uuid7(), uuid7(),
            form["form_id"], provider.is_sandbox,
        )  # fmt: skip
    except UniqueViolationError:
        made = []
    if not made:
        raise Problem(409, "CHANGED", "The invitation was changed or used meanwhile. Send the form again.")
    return use_id


async def _ensure_new_account(link: Link, host: str, username: str) -> None:
    for connection_id, login_url, encrypted in await pool().fetch(ACCOUNTS, link.id):
        if login_host(login_url) == host and encrypted:
            stored = orjson.loads(KEYRING.decrypt(encrypted, associated_data=f"credential:{connection_id}"))
            if stored["username"].casefold() == username.casefold():
                raise NotOfThePeer("The question whether to connect an account again.")


def _show_result(token: str, use_id: UUID, now: datetime) -> Response:
    response = RedirectResponse(
        f"/p/i/{token}/done/{use_id}", 302, {**HEADERS, "Content-Type": "text/html; charset=utf-8"}
    )
    response.set_cookie(
        f"result-{use_id.hex}",
        f"{b62_encode(int(now.timestamp() * 1000))}.{RESULTS.signature(str(use_id))}",
        max_age=DAY_SECONDS,
        path="/p/i/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response
