"""A contributor's form that was sent."""

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from asyncpg import UniqueViolationError
from django.conf import settings
from django.core.signing import Signer, b62_encode
from django.middleware.csrf import _does_token_match
from starlette.responses import RedirectResponse, Response
from uuid_utils.compat import uuid7

from bench.peer.api import KEYRING
from bench.peer.database import pool
from bench.peer.events import (
    CONNECTION_SNAPSHOT,
    CREATED_CONNECTION,
    INVITATION_CONTEXT,
    WAKE,
    invitation_snapshot,
    publish,
)
from bench.peer.links import Link, Provider, find_link_and_provider, now_utc
from bench.peer.pages import HEADERS
from bench.peer.problems import NotOfThePeer, Problem
from config.db.name_search import fold
from connections.models import login_host
from invitations.models.consent import Consent

CSRF_COOKIE = re.compile(rf"(?:^|; ){re.escape(settings.CSRF_COOKIE_NAME)}=(\w+)")
RESULTS = Signer(salt="latchkey.result")
DAY_SECONDS = 24 * 60 * 60
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
_USED = invitation_snapshot(new_connection=f"jsonb_build_array({CREATED_CONNECTION})")
_MADE = """
    made connection CROSS JOIN spent invitation CROSS JOIN company
    JOIN connections_datasource provider ON provider.id = connection.datasource_id"""


def _publish(
    alias: str, event_type: str, new_id: str, resource: str, data: str, context: str = "'{}'", condition: str = "true"
) -> str:
    source = f"{_MADE} WHERE {condition}"
    return publish(
        alias, event_type, new_id=new_id, now="$3", resource=resource, data=data, context=context, source=source
    )


# $1: invitation, $2: uses that were seen, $3: now, $4: its id, $5: provider, $6: country, $7: kinds of utility,
# $8: owner, $9: credentials, $10: host, $11 to $14: ids of use and events, $15: form, $16: is it a sandbox,
# $17 to $19: ids of events for the partner, $20 and $21: version and language of the consent
SPEND = f"""
WITH company AS (
    SELECT * FROM companies_company
    WHERE id = (SELECT company_id FROM invitations_invitation WHERE id = $1) AND is_active FOR SHARE
), spent AS (
    UPDATE invitations_invitation invitation
    SET use_count = use_count + 1, updated_at = $3, declined_at = NULL, declined_emails = '{{}}',
        last_viewed_at = coalesce(last_viewed_at, $3)
    FROM company
    WHERE invitation.id = $1 AND invitation.company_id = company.id AND use_count = $2 AND revoked_at IS NULL
        AND (max_uses IS NULL OR use_count < max_uses) AND (expires_at IS NULL OR expires_at > $3)
        AND allowed_emails = '{{}}' AND NOT prefill ? 'lockedFields'
    RETURNING invitation.*, invitation.use_count = invitation.max_uses AS is_fulfilled
), made AS (
    INSERT INTO connections_connection (
        id, company_id, datasource_id, country, utility_types, owner_email, origin_invitation_id, status,
        status_changed_at, metadata, created_at, updated_at
    )
    SELECT $4, company_id, $5, $6, $7, $8, id, 'PENDING', $3, '{{}}', $3, $3 FROM spent RETURNING *
), credential AS (
    INSERT INTO connections_credential (connection_id, encrypted, extras, host, version, created_at, updated_at)
    SELECT id, $9, '{{}}', $10, 1, $3, $3 FROM made
), created AS (
    INSERT INTO connections_connectionevent (id, connection_id, type, created_at, actor, detail)
    SELECT $12, id, 'CREATED', $3, 'CONTRIBUTOR', '{{}}' FROM made
), use AS (
    INSERT INTO invitations_use (
        id, invitation_id, connection_id, form_id, created_at, consent_version, consent_language
    )
    SELECT $11, spent.id, made.id, $15, $3, $20, $21 FROM spent CROSS JOIN made
), submitted AS (
    DELETE FROM invitations_formdraft WHERE form_id = $15 AND invitation_id = $1
), receipt AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, args)
    SELECT 'mail', 'invitations.tasks.send_receipt', jsonb_build_object('use_id', $11)
    FROM made CROSS JOIN company WHERE company.is_live AND $8 IS NOT NULL
), events AS (
    INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, detail)
    SELECT $13::uuid, spent.id, 'USED', $3, 'CONTRIBUTOR', jsonb_build_object(
        'connectionId', $4, 'consent', jsonb_build_object('version', $20::text, 'language', $21::text)
    ) FROM spent
    UNION ALL SELECT $14::uuid, id, 'FULFILLED', $3, 'CONTRIBUTOR', '{{}}'::jsonb FROM spent WHERE is_fulfilled
), {_publish("published", "invitation.used", "$17", "invitation.id", _USED)}
, {_publish("ended", "invitation.fulfilled", "$18", "invitation.id", _USED, condition="invitation.is_fulfilled")}
, {_publish("connected", "connection.created", "$19", "connection.id", CONNECTION_SNAPSHOT, INVITATION_CONTEXT)}
, {WAKE}
SELECT CASE WHEN $16 THEN procrastinate_defer_jobs_v1(ARRAY[ROW(
    'default', '{SANDBOX_TASK}', 0, NULL, NULL, jsonb_build_object('connection_id', $4), $3 + interval '2 seconds'
)::procrastinate_job_to_defer_v1]) END FROM made
"""


class Form(NamedTuple):
    """Valid fields of a form."""

    form_id: UUID
    provider: str
    country: str | None
    utility_types: list[str]
    owner_email: str | None
    username: str
    password: str
    consent: str


def ensure_same_origin(token: str, cookies: str, origin: str | None, host: str) -> None:
    cookie = CSRF_COOKIE.search(cookies)
    is_ours = origin == f"https://{host}"
    if not is_ours or not cookie or len(token) != 64 or not _does_token_match(token, cookie[1]):
        raise Problem(403, "CSRF", "Open the form again.")


async def submit(token: str, cookies: str, form: Form) -> Response:
    now = now_utc()
    link, provider = await find_link_and_provider(token, cookies, now, fold(form.provider))
    if link.emails or link.locked_fields:
        raise NotOfThePeer("Verified addresses and locked fields.")
    use_id = await _find_use(link, form) or await _save(link, provider, form, now)
    return _show_result(token, use_id, now)


async def _find_use(link: Link, form: Form) -> UUID | None:
    """Return the use of a form that was sent before."""
    earlier = await pool().fetchrow(EARLIER, link.id, form.form_id) if link.use_count else None
    return earlier and earlier["id"]


async def _save(link: Link, provider: Provider, form: Form, now: datetime) -> UUID:
    host = login_host(provider.login_url)
    if link.use_count:
        await _ensure_new_account(link, host, form.username)
    version, _, language = form.consent.partition(" ")
    if not Consent(version, language).is_current:
        raise NotOfThePeer("Consents to another text.")
    connection_id, use_id = uuid7(), uuid7()
    encrypted = KEYRING.encrypt(
        orjson.dumps({"username": form.username, "password": form.password}),
        associated_data=f"credential:{connection_id}",
    )
    try:
        made = await pool().fetch(
            SPEND, link.id, link.use_count, now, connection_id, provider.id, form.country or provider.country,
            form.utility_types, form.owner_email, encrypted, host, use_id, uuid7(), uuid7(), uuid7(),
            form.form_id, provider.is_sandbox, uuid7(), uuid7(), uuid7(), version, language,
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
