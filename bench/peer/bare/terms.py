"""Rules of the terms of an invitation, by hand."""

from collections.abc import Callable
from typing import Any

import orjson
from django.core.exceptions import ValidationError

from bench.peer.create import COUNTRIES, UTILITY_TYPES, Terms
from bench.peer.problems import Invalid, NotOfThePeer
from companies.services.companies import check_external_id
from config.db.metadata import check_metadata
from config.exceptions import InvalidField
from config.validators import validate_multi_line
from invitations.services.addresses import normalize_allowed_emails

OTHERS = ("sendEmail", "locale", "redirectUrl")
OTHER_PREFILL = (
    "datasourceId", "url", "initialSites", "connectionOwnerEmail", "dataCollectionStartDate", "lockedFields"
)  # fmt: skip


def check_terms(body: dict[str, Any]) -> Terms:
    if others := body.keys() & {*OTHERS}:
        raise NotOfThePeer(f"{others}")
    if unknown := body.keys() - FIELDS.keys():
        raise Invalid(f"Unknown field {min(unknown)}.")
    try:
        return Terms(**{name: check(body.get(wire)) for wire, (name, check) in FIELDS.items()})
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
