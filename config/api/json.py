"""Strict JSON in, JSON out."""

import codecs
import re
from datetime import datetime
from json import JSONDecoder
from typing import Any

import orjson
from rest_framework import exceptions, parsers, renderers

from config.times import iso_8601

MAX_LEVELS = 32
WHOLE_SECOND = re.compile(rb':\d\dZ"')
DUPLICATE = exceptions.ErrorDetail("Send this field only once.", "duplicate_field")


def to_json(data: Any) -> bytes:
    """`data` as JSON: UUIDs as text, times by `iso_8601`."""
    try:
        return orjson.dumps(data, option=orjson.OPT_PASSTHROUGH_DATETIME, default=_without_times)
    except orjson.JSONEncodeError:
        return _with_times(data)


def _without_times(value: Any) -> str:
    """Raise `TypeError` for a time, so that rows whose times are texts need no second look."""
    if isinstance(value, datetime):
        raise TypeError
    return str(value)


def _with_times(data: Any) -> bytes:
    document = orjson.dumps(data, option=orjson.OPT_UTC_Z, default=str)
    # orjson leaves out microseconds that are zero; formatting each time in Python would take ten times as long
    if WHOLE_SECOND.search(document):
        document = orjson.dumps(data, option=orjson.OPT_PASSTHROUGH_DATETIME, default=_to_text)
    return document


def as_json(data: Any) -> Any:
    """Return `data` as a client would read it: UUIDs and times are texts."""
    return orjson.loads(to_json(data))


def _to_text(value: Any) -> str:
    return iso_8601(value) if isinstance(value, datetime) else str(value)


class JSONRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)


class JSONParser(parsers.BaseParser):
    """Strict JSON (RFC 8259) in UTF-8. Rejects NaN, lone surrogates, duplicate keys and more than 32 levels.

    An empty body is an empty object. A byte order mark is ignored: .NET writes one.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if parser_context:
            _ensure_uncompressed(parser_context["request"].headers.get("Content-Encoding", ""))
        body = stream.read().removeprefix(codecs.BOM_UTF8)
        if not body.strip():
            return {}
        _ensure_utf_8(body)
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {error}.", code="MALFORMED_JSON") from None
        if body.count(b"[") + body.count(b"{") > MAX_LEVELS and not _is_within(data, MAX_LEVELS):
            raise exceptions.ParseError(f"The body has more than {MAX_LEVELS} levels.", code="MALFORMED_JSON")
        if duplicates := _errors_in(_duplicate_finder.decode(body.decode())):
            raise exceptions.ValidationError(duplicates)
        return data


class UnsupportedEncoding(exceptions.APIException):
    status_code = 415  # RFC 9110, 15.5.16
    default_code = "unsupported_encoding"
    default_detail = "Send the body uncompressed, without a Content-Encoding."


def _ensure_uncompressed(content_encoding: str) -> None:
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedEncoding


def _ensure_utf_8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: byte {error.start} is 0x{body[error.start]:02x}. Encode it as UTF-8."
        raise exceptions.ParseError(message, code="MALFORMED_JSON") from None


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
