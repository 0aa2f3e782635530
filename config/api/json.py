"""JSON in and out, strictly and by orjson."""

from collections import Counter
from json import JSONDecoder
from typing import Any

import orjson
from rest_framework import exceptions, parsers, renderers

MAX_LEVELS = 32
TWICE = exceptions.ErrorDetail("This field is given more than once.", "duplicate_field")


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
    """Strict JSON (RFC 8259): no NaN, no lone surrogates, no bottomless nesting, no name given twice.

    No body is an empty object.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()
        if not body.strip():
            return {}
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"The body is not JSON: {error}.", code="MALFORMED_JSON") from None
        if body.count(b"[") + body.count(b"{") > MAX_LEVELS and not _is_within(data, MAX_LEVELS):
            raise exceptions.ParseError(f"The body is nested over {MAX_LEVELS} levels.", code="MALFORMED_JSON")
        _refuse_doubles(body.decode())
        return data


def _is_within(data: Any, levels: int) -> bool:
    """Whether `data` is nested no deeper than this: what is written out again, or as text, has limits of its own."""
    if not isinstance(data, (dict, list)):
        return True
    inner = data.values() if isinstance(data, dict) else data
    return levels > 0 and all(_is_within(each, levels - 1) for each in inner)


class _Doubled(Exception):
    """An object has two fields of one name."""


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written."""


def _look(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _Doubled


# numbers are left as they are written: orjson has read them
_looking = JSONDecoder(object_pairs_hook=_look, parse_int=str, parse_float=str)
_keeping = JSONDecoder(object_pairs_hook=_Pairs, parse_int=str, parse_float=str)


def _refuse_doubles(body: str) -> None:
    """Of two fields of one name the last would count: an empty `allowedEmails` would open what the first restricts."""
    try:
        _looking.decode(body)
    except _Doubled:
        raise exceptions.ValidationError(_doubles_in(_keeping.decode(body))) from None


def _doubles_in(data: Any) -> dict[Any, Any]:
    """What is wrong and where, nested as REST framework nests it."""
    inner: dict[Any, Any] = {}
    if isinstance(data, _Pairs):
        times = Counter(name for name, _ in data)
        inner = {name: [TWICE] if times[name] > 1 else _doubles_in(value) for name, value in data}
    elif isinstance(data, list):
        inner = dict(enumerate(map(_doubles_in, data)))
    return {place: wrong for place, wrong in inner.items() if wrong}
