"""API keys, and invitations as they are shown."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from bench.peer.database import pool
from bench.peer.problems import INVALID_KEY, NotFound, Problem
from companies.models import hash_api_key
from config.crypto.keyring import Keyring

KEYRING: Keyring = settings.KEYRING
PUBLIC_URL = settings.PUBLIC_URL
# what becomes of the JSON that PostgreSQL wrote
ReadJson = Callable[[str], Any]
IS_KEY = re.compile(r"[^,]{1,200}")

# $1: hash of the key, $2: scope
CALLER = """
caller AS (
    SELECT id, partner_id, is_live, company_ids, coalesce(last_used_at < now() - interval '1 minute', true) AS is_stale
    FROM companies_apikey
    WHERE secret_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AND $2 = ANY(scopes)
)"""
ISO = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
CREATED_CONNECTIONS = f"""
CASE WHEN invitation.use_count > 0 THEN (
    SELECT json_agg(json_build_object(
        'id', connection.id,
        'datasourceName', coalesce(datasource.name, substring(lower(connection.url) from '//(?:[^/@]*@)?([^/:?#]+)')),
        'status', connection.status,
        'created', to_char(connection.created_at AT TIME ZONE 'UTC', {ISO})
    ) ORDER BY use.id)
    FROM invitations_use use
    JOIN connections_connection connection ON connection.id = use.connection_id
    LEFT JOIN connections_datasource datasource ON datasource.id = connection.datasource_id
    WHERE use.invitation_id = invitation.id
) END"""
# the companies that the key sees
SEEN = """company.partner_id = caller.partner_id AND company.is_live = caller.is_live
    AND (caller.company_ids = '{}' OR company.id = ANY(caller.company_ids))"""
# in the order of `represent`
COLUMNS = f"""
    invitation.id, invitation.encrypted_token, invitation.invitation_type, invitation.company_id,
    invitation.connection_id, invitation.allowed_emails, invitation.expires_at, invitation.max_uses,
    invitation.use_count, invitation.created_at, invitation.updated_at, invitation.prefill, {CREATED_CONNECTIONS},
    invitation.message, invitation.locale, invitation.external_id, invitation.metadata, invitation.redirect_url,
    invitation.revoked_at, invitation.sends_reminders, invitation.allows_forwarding, invitation.declined_at"""


def hash_key(value: str | None) -> bytes:
    """Return the hash of the key that was sent. Raises 401 if there is none, or several."""
    if value is None:
        raise Problem(401, "NOT_AUTHENTICATED", "Send your API key in the header X-API-KEY.")
    if not IS_KEY.fullmatch(value):
        raise Problem(401, "INVALID_API_KEY", INVALID_KEY)
    return hash_api_key(value)


async def explain(secret_hash: bytes, scope: str) -> Problem:
    """Return the reason why a statement with `CALLER` found no row."""
    scopes = await pool().fetchval(
        "SELECT scopes FROM companies_apikey"
        " WHERE secret_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
        secret_hash,
    )
    if scopes is None:
        return Problem(401, "INVALID_API_KEY", INVALID_KEY)
    if scope not in scopes:
        return Problem(403, "SCOPE_MISSING", "This API key lacks the scope for this operation.")
    return NotFound()


async def record_use(secret_hash: bytes) -> None:
    """Store the time of use, at most one write a minute."""
    await pool().execute(
        "UPDATE companies_apikey SET last_used_at = now() WHERE secret_hash = $1"
        " AND coalesce(last_used_at < now() - interval '1 minute', true)",
        secret_hash,
    )


def represent(row: Sequence[Any], read_json: ReadJson, now: datetime) -> dict[str, Any]:
    """Return what the columns `COLUMNS` show."""
    (
        id_, encrypted, kind, company, connection, emails, expires, max_uses, uses, created, updated, prefill,
        connections, message, locale, external_id, metadata, redirect, revoked, reminders, forwarding, declined,
    ) = row  # fmt: skip
    token = KEYRING.decrypt(encrypted, associated_data=f"token:{id_}").decode()
    return {
        "id": id_,
        "token": token,
        "invitationType": kind,
        "status": status_of(revoked, max_uses, uses, expires, now),
        "invitationUrl": f"{PUBLIC_URL}/p/i/{token}",
        "companyId": company,
        "connectionId": connection,
        "allowedEmails": emails,
        "expiresAt": expires,
        "maxUses": max_uses,
        "useCount": uses,
        "createdAt": created,
        "updatedAt": updated,
        "prefill": read_json(prefill),
        "createdConnections": read_json(connections or "[]"),
        "message": message,
        "locale": locale,
        "externalId": external_id,
        "metadata": read_json(metadata),
        "redirectUrl": redirect,
        "revokedAt": revoked,
        "reminders": reminders,
        "allowForwarding": forwarding,
        "declinedAt": declined,
    }


def status_of(
    revoked: datetime | None, max_uses: int | None, uses: int, expires: datetime | None, now: datetime
) -> str:
    if revoked is not None:
        return "REVOKED"
    if max_uses is not None and uses >= max_uses:
        return "FULFILLED"
    return "EXPIRED" if expires is not None and expires <= now else "ACTIVE"
