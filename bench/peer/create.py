"""`POST /v2/invitation/company/{id}`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django_countries import countries
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils.compat import uuid7

from bench.peer.api import CALLER, KEYRING, explain, hashed_key, record_use, represent, respond
from bench.peer.database import pool
from bench.peer.problems import Invalid, NotOfThePeer, Problem
from companies.services.companies import check_external_id
from config.db.metadata import check_metadata
from config.exceptions import InvalidField
from config.validators import validate_multi_line
from connections.models import UtilityType
from invitations.models.tokens import hash_token, new_token
from invitations.services.addresses import normalize_allowed_emails

SCOPE = "invitations:write"
COUNTRIES = frozenset(code for code, _ in countries)
UTILITY_TYPES = frozenset(UtilityType.values)
MAX_LEVELS = 32
OTHERS = ("sendEmail", "locale", "redirectUrl")
OTHER_PREFILL = (
    "datasourceId", "url", "initialSites", "connectionOwnerEmail", "dataCollectionStartDate", "lockedFields"
)  # fmt: skip

CREATE = f"""
WITH {CALLER}, company AS (
    SELECT company.id, company.locale, company.is_active, caller.id AS key_id, caller.is_stale
    FROM caller JOIN companies_company company ON company.id = $3 AND company.partner_id = caller.partner_id
), made AS (
    INSERT INTO invitations_invitation (
        id, invitation_type, token_hash, encrypted_token, allowed_emails, send_email, is_automatic, expires_at,
        max_uses, use_count, prefill, message, locale, external_id, metadata, created_at, updated_at, company_id
    )
    SELECT $4, 'CREATE_CONNECTION', $5, $6, $7, false, false, $8, $9, 0, $10, $11, locale, $12, $13, $14, $14, id
    FROM company WHERE is_active RETURNING id, company_id, locale
), event AS (
    INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, api_key_id, detail)
    SELECT $15, made.id, 'CREATED', $14, 'PARTNER', company.key_id, '{{}}' FROM made CROSS JOIN company
)
SELECT company.is_active, company.is_stale, company.locale FROM company
"""


async def create(request: Request) -> Response:
    if request.query_params:
        raise Invalid("Unknown parameter.")
    secret_hash = hashed_key(request)
    terms = _check(_parse(request, await request.body()))
    now, id_, token = datetime.now(UTC), uuid7(), new_token()
    lifetime = terms.pop("expires_in")
    expires = now + timedelta(seconds=lifetime) if lifetime else None
    encrypted = KEYRING.encrypt(token.encode(), associated_data=f"token:{id_}")
    company_id = request.path_params["company_id"]
    given = (terms["emails"], expires, terms["max_uses"], terms["prefill"], terms["message"], terms["external_id"])
    columns = (company_id, id_, hash_token(token), encrypted, *given, terms["metadata"], now)
    made = await pool().fetchrow(CREATE, secret_hash, SCOPE, *columns, uuid7())
    if made is None:
        raise await explain(secret_hash, SCOPE)
    is_active, is_stale, locale = made
    if is_stale:
        await record_use(secret_hash)
    if not is_active:
        raise Problem(409, "COMPANY_INACTIVE", "The company is not active.")
    emails, _, max_uses, prefill, message, external_id = given
    row = (
        id_, encrypted, "CREATE_CONNECTION", company_id, None, emails, expires, max_uses, 0, now, now, prefill, None,
        message, locale, external_id, terms["metadata"], None, None,
    )  # fmt: skip
    return respond(represent(row, now), 201)


def _parse(request: Request, body: bytes) -> dict[str, Any]:
    """Return the body. Rejects other media types, NaN, lone surrogates, duplicate keys and deep nesting."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "Send JSON.")
    if "idempotency-key" in request.headers or "content-encoding" in request.headers:
        raise NotOfThePeer("Stored responses and compressed bodies.")
    try:
        data = orjson.loads(body) if body.strip() else {}
        json.loads(body or "{}", object_pairs_hook=_ensure_unique, parse_int=str, parse_float=str)
    except ValueError:
        raise Problem(400, "MALFORMED_JSON", "The body is not valid JSON.") from None
    if not isinstance(data, dict) or body.count(b"[") + body.count(b"{") > MAX_LEVELS:
        raise Invalid("Send an object.")
    return data


def _ensure_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise Invalid("Send this field only once.")
    return names


def _check(body: dict[str, Any]) -> dict[str, Any]:
    if others := body.keys() & {*OTHERS}:
        raise NotOfThePeer(f"{others}")
    if unknown := body.keys() - FIELDS.keys():
        raise Invalid(f"Unknown field {min(unknown)}.")
    try:
        return {name: check(body.get(wire)) for wire, (name, check) in FIELDS.items()}
    except (InvalidField, ValidationError) as error:
        raise Invalid(str(error)) from None


def _number(lowest: int, highest: int) -> Callable[[Any], int | None]:
    def check(value: Any) -> int | None:
        if value is not None and (type(value) is not int or not lowest <= value <= highest):
            raise Invalid(f"Send a number from {lowest} to {highest}.")
        return value

    return check


def _emails(value: Any) -> list[str]:
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise Invalid("Send a list of addresses.")
    return normalize_allowed_emails(value or ())


def _text(check: Callable[[str], str | None]) -> Callable[[Any], str | None]:
    def checked(value: Any) -> str | None:
        if value is not None and not isinstance(value, str):
            raise Invalid("Send a text.")
        return check(value) if value else None

    return checked


def _prefill(value: Any) -> str:
    value = {name: each for name, each in (value or {}).items() if each} if isinstance(value or {}, dict) else {"": 1}
    if value.keys() & {*OTHER_PREFILL}:
        raise NotOfThePeer("These fields of a prefill.")
    country, types = value.get("country"), value.get("utilityTypes", [])
    if value.keys() - {"country", "utilityTypes"} or not (country is None or country in COUNTRIES):
        raise Invalid("Unknown field or country.")
    if not isinstance(types, list) or not all(isinstance(each, str) and each in UTILITY_TYPES for each in types):
        raise Invalid("Unknown kind of utility.")
    given = {"utilityTypes": list(dict.fromkeys(types)), "country": country}
    return orjson.dumps({name: each for name, each in given.items() if each}).decode()


def _metadata(value: Any) -> str:
    pairs = value or {}
    if not isinstance(pairs, dict) or not all(isinstance(each, str) for each in pairs.values()):
        raise Invalid("Send pairs of texts.")
    return orjson.dumps(check_metadata(pairs)).decode()


FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "allowedEmails": ("emails", _emails),
    "expiresInSeconds": ("expires_in", _number(60, 3650 * 24 * 60 * 60)),
    "maxUses": ("max_uses", _number(1, 1_000_000)),
    "prefill": ("prefill", _prefill),
    "message": ("message", _text(lambda text: validate_multi_line(text, max_length=2000, field=("message",)))),
    "externalId": ("external_id", _text(check_external_id)),
    "metadata": ("metadata", _metadata),
}
