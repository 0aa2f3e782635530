"""Links of contributors, and whether they may be used."""

import re
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from starlette.requests import Request

from bench.peer.api import status_of
from bench.peer.database import pool
from bench.peer.problems import NotFound, NotOfThePeer, Problem
from invitations.models.tokens import hash_token

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
# cookies of a verified address, and of what this browser saved
COOKIES = re.compile(r"(?:^|; )(?:proof|result)-")
LINK = """
SELECT invitation.id, invitation.invitation_type, invitation.allowed_emails, invitation.expires_at,
    invitation.max_uses, invitation.use_count, invitation.revoked_at, invitation.last_viewed_at, invitation.prefill,
    invitation.message, company.name, company.is_active, partner.name
FROM invitations_invitation invitation
JOIN companies_company company ON company.id = invitation.company_id
JOIN companies_partner partner ON partner.id = company.partner_id
WHERE invitation.token_hash = $1
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
    prefill: str
    message: str | None
    company: str
    is_company_active: bool
    partner: str

    @property
    def locked_fields(self) -> list[str]:
        return orjson.loads(self.prefill).get("lockedFields", []) if "lockedFields" in self.prefill else []


async def find_link(request: Request, now: datetime) -> Link:
    """Return the usable link of this token. Raises 404 and 410."""
    token = request.path_params["token"]
    row = await pool().fetchrow(LINK, hash_token(token)) if SHAPE.fullmatch(token) else None
    if row is None:
        raise NotFound
    link = Link(*row)
    status = status_of(link.revoked_at, link.max_uses, link.use_count, link.expires_at, now)
    if status != "ACTIVE" or not link.is_company_active:
        raise Problem(410, f"INVITATION_{status}", "This link cannot be used.")
    if link.kind != "CREATE_CONNECTION" or COOKIES.search(request.headers.get("cookie", "")):
        raise NotOfThePeer("Repairs, verified addresses and earlier results.")
    return link


def now_utc() -> datetime:
    return datetime.now(UTC)
