"""Links of contributors, and whether they may be used."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from bench.peer.api import status_of
from bench.peer.database import pool
from bench.peer.problems import NotFound, NotOfThePeer, Problem
from connections.models import utility_type_names
from invitations.models.tokens import hash_token

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
# cookies of a verified address, and of what this browser saved
COOKIES = re.compile(r"(?:^|; )(?:proof|result)-")
COLUMNS = """
    invitation.id, invitation.invitation_type, invitation.allowed_emails, invitation.expires_at, invitation.max_uses,
    invitation.use_count, invitation.revoked_at, invitation.last_viewed_at, invitation.last_fetched_at,
    invitation.prefill, invitation.message, company.name, company.is_active, partner.name"""
LINKS = """
    invitations_invitation invitation
    JOIN companies_company company ON company.id = invitation.company_id
    JOIN companies_partner partner ON partner.id = company.partner_id"""
LINK = f"SELECT {COLUMNS} FROM {LINKS} WHERE invitation.token_hash = $1"
# two rows if several providers have the name
LINK_AND_PROVIDER = f"""
SELECT {COLUMNS}, provider.id, provider.login_url, provider.country, provider.asks_for, provider.is_sandbox
FROM {LINKS} LEFT JOIN LATERAL (
    SELECT * FROM connections_datasource WHERE folded_name = $2 LIMIT 2
) provider ON true WHERE invitation.token_hash = $1
"""


class Link(NamedTuple):
    id: UUID
    kind: str
    emails: list[str]
    expires_at: datetime | None
    max_uses: int | None
    use_count: int
    revoked_at: datetime | None
    last_viewed_at: datetime | None
    last_fetched_at: datetime | None
    prefill: str
    message: str | None
    company: str
    is_company_active: bool
    partner: str

    @property
    def locked_fields(self) -> list[str]:
        return orjson.loads(self.prefill).get("lockedFields", []) if "lockedFields" in self.prefill else []

    @property
    def utility_types(self) -> list[str]:
        return orjson.loads(self.prefill).get("utilityTypes", []) if "utilityTypes" in self.prefill else []

    @property
    def utilities(self) -> list[str]:
        return utility_type_names(self.utility_types)


WIDTH = len(Link._fields)


class Provider(NamedTuple):
    id: UUID
    login_url: str
    country: str
    asks_for: list[str]
    is_sandbox: bool


async def find_link(token: str, cookies: str, now: datetime) -> Link:
    """Return the usable link of this token. Raises 404 and 410."""
    return _check(await pool().fetchrow(LINK, _hash(token)), cookies, now)


async def find_link_and_provider(token: str, cookies: str, now: datetime, folded_name: str) -> tuple[Link, Provider]:
    """Return the usable link of this token, and the only provider of this name."""
    rows = await pool().fetch(LINK_AND_PROVIDER, _hash(token), folded_name)
    link = _check(rows[0][:WIDTH] if rows else None, cookies, now)
    provider = Provider(*rows[0][WIDTH:])
    if len(rows) > 1 or provider.id is None or provider.asks_for:
        raise NotOfThePeer("Several providers of a name, addresses of login pages, and providers that ask for more.")
    return link, provider


def _hash(token: str) -> bytes:
    if not SHAPE.fullmatch(token):
        raise NotFound
    return hash_token(token)


def _check(row: Sequence[Any] | None, cookies: str, now: datetime) -> Link:
    if row is None:
        raise NotFound
    link = Link(*row)
    status = status_of(link.revoked_at, link.max_uses, link.use_count, link.expires_at, now)
    if status != "ACTIVE" or not link.is_company_active:
        raise Problem(410, f"INVITATION_{status}", "This link cannot be used.")
    if link.kind != "CREATE_CONNECTION" or COOKIES.search(cookies):
        raise NotOfThePeer("Repairs, verified addresses and earlier results.")
    return link


def now_utc() -> datetime:
    return datetime.now(UTC)
