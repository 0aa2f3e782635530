"""Strict JSON bodies, as both front ends read them."""

import json
from typing import Any

import orjson

from bench.peer.problems import Invalid, NotOfThePeer, Problem

MAX_LEVELS = 32


def ensure_plain(content_encoding: str | None, idempotency_key: str | None) -> None:
    if content_encoding or idempotency_key:
        raise NotOfThePeer("Stored responses and compressed bodies.")


def parse(body: bytes) -> dict[str, Any]:
    """Return the body. Rejects NaN, lone surrogates, duplicate keys and deep nesting."""
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
