"""Strict JSON in, JSON out."""

from json import JSONDecoder
from typing import Any

import orjson
from rest_framework import exceptions, parsers, renderers

MAX_LEVELS = 32
DUPLICATE = exceptions.ErrorDetail("Send this field only once.", "duplicate_field")


def to_json(data: Any) -> bytes:
    """`data` as JSON: UUIDs as text, times as ISO 8601 in UTC with a `Z`."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z, default=str)


class JSONRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)


class JSONParser(parsers.BaseParser):
    """Strict JSON (RFC 8259). Rejects NaN, lone surrogates, duplicate keys and more than 32 levels.

    An empty body is an empty object.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()
        if not body.strip():
            return {}
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {error}.", code="MALFORMED_JSON") from None
        if body.count(b"[") + body.count(b"{") > MAX_LEVELS and not _is_within(data, MAX_LEVELS):
            raise exceptions.ParseError(f"The body has more than {MAX_LEVELS} levels.", code="MALFORMED_JSON")
        if duplicates := _errors_in(_duplicate_finder.decode(body.decode())):
            raise exceptions.ValidationError(duplicates)
        return data


def _is_within(data: Any, levels: int) -> bool:
    if not isinstance(data, (dict, list)):
        return True
    children = data.values() if isinstance(data, dict) else data
    return levels > 0 and all(_is_within(child, levels - 1) for child in children)


def _duplicate_errors(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject duplicate keys: parsers keep the last, so a second, empty `allowedEmails` would lift the restriction.

    Returns the errors of an object in place of its values, nested as REST framework nests them.
    """
    errors: dict[str, Any] = {}
    seen: set[str] = set()
    for name, value in pairs:
        if found := [DUPLICATE] if name in seen else _errors_in(value):
            errors[name] = found
        seen.add(name)
    return errors


def _errors_in(value: Any) -> dict[Any, Any]:
    if isinstance(value, list):
        return {index: errors for index, child in enumerate(value) if (errors := _errors_in(child))}
    return value if isinstance(value, dict) else {}


# orjson has read the numbers; Python's limit of 4,300 digits must not apply here
_duplicate_finder = JSONDecoder(object_pairs_hook=_duplicate_errors, parse_int=str, parse_float=str)
