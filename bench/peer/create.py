"""A new invitation."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django_countries import countries
from uuid_utils.compat import uuid7

from bench.peer.api import CALLER, KEYRING, SEEN, ReadJson, explain, record_use, represent
from bench.peer.database import pool
from bench.peer.events import WAKE, invitation_snapshot, publish
from bench.peer.problems import Problem
from connections.models import UtilityType
from invitations.models.tokens import hash_token, new_token

SCOPE = "invitations:write"
COUNTRIES = frozenset(code for code, _ in countries)
UTILITY_TYPES = frozenset(UtilityType.values)

CREATE = f"""
WITH {CALLER}, company AS (
    SELECT company.*, caller.id AS key_id, caller.is_stale
    FROM caller JOIN companies_company company ON company.id = $3 AND {SEEN}
), made AS (
    INSERT INTO invitations_invitation (
        id, invitation_type, token_hash, encrypted_token, allowed_emails, send_email, is_automatic, expires_at,
        max_uses, use_count, prefill, message, locale, is_locale_chosen, external_id, metadata, created_at,
        updated_at, company_id
    )
    SELECT $4, 'CREATE_CONNECTION', $5, $6, $7, false, false, $8, $9, 0, $10, $11, locale, false, $12, $13, $14,
        $14, id
    FROM company WHERE is_active RETURNING *
), event AS (
    INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, api_key_id, detail)
    SELECT $15, made.id, 'CREATED', $14, 'PARTNER', company.key_id, '{{}}' FROM made CROSS JOIN company
), {
    publish(
        "published",
        "invitation.created",
        new_id="$16",
        now="$14",
        resource="$4",
        data=invitation_snapshot(),
        source="made invitation CROSS JOIN company",
    )
}, {WAKE}
SELECT company.is_active, company.is_stale, company.locale FROM company
"""


class Terms(NamedTuple):
    """Valid terms of an invitation. `prefill` and `metadata` are JSON."""

    emails: list[str]
    expires_in: int | None
    max_uses: int | None
    prefill: str
    message: str | None
    external_id: str | None
    metadata: str


async def create(secret_hash: bytes, company_id: UUID, terms: Terms, read_json: ReadJson) -> dict[str, Any]:
    now, id_, token = datetime.now(UTC), uuid7(), new_token()
    expires = now + timedelta(seconds=terms.expires_in) if terms.expires_in else None
    encrypted = KEYRING.encrypt(token.encode(), associated_data=f"token:{id_}")
    made = await pool().fetchrow(
        CREATE, secret_hash, SCOPE, company_id, id_, hash_token(token), encrypted, terms.emails, expires,
        terms.max_uses, terms.prefill, terms.message, terms.external_id, terms.metadata, now, uuid7(),
        uuid7(),
    )  # fmt: skip
    if made is None:
        raise await explain(secret_hash, SCOPE)
    is_active, is_stale, locale = made
    if is_stale:
        await record_use(secret_hash)
    if not is_active:
        raise Problem(409, "COMPANY_INACTIVE", "The company is not active.")
    row = (
        id_, encrypted, "CREATE_CONNECTION", company_id, None, terms.emails, expires, terms.max_uses, 0, now, now,
        terms.prefill, None, terms.message, locale, terms.external_id, terms.metadata, None, None,
        False, False, None,
    )  # fmt: skip
    return represent(row, read_json, now)
