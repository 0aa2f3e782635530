import gzip
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from rest_framework.exceptions import ParseError, ValidationError

from config.api.json import MAX_LEVELS, JSONParser, to_json


def parse(body: bytes | str) -> Any:
    return JSONParser().parse(BytesIO(body.encode() if isinstance(body, str) else body))


def test_byte_order_mark_is_ignored():
    assert parse(b'\xef\xbb\xbf{"name": "x"}') == {"name": "x"}  # RFC 8259, 8.1
    assert parse(b"\xef\xbb\xbf") == {}


MALFORMED: list[bytes] = [
    b"{",
    b"{}}",
    b"{'name': 'x'}",
    b'{"name": "x",}',
    b"name=x",
    b'{"name": NaN}',
    b'{"name": Infinity}',
    b'{"name": -Infinity}',
    b'{"name": "\\ud800"}',
    b'{"\\udfff": "x"}',
    b'{"name": "\xed\xa0\x80"}',
    b'{"name": "\xff"}',
    '{"name": "x"}'.encode("utf-16"),
    b'{"name": "a\nb"}',
    b'{"name": "a\x00b"}',
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 40_000,
    b'{"name":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"name": 0x10}',
    b'{"name": 01}',
]


def test_malformed_bodies_are_rejected():
    for body in MALFORMED:
        with pytest.raises(ParseError) as error:
            parse(body)
        assert error.value.get_codes() == "MALFORMED_JSON", body[:50]


def test_encodings_are_named():
    utf_16, latin_1 = '{"name": "é"}'.encode("utf-16"), '{"name": "é"}'.encode("latin-1")
    for body, byte in ((latin_1, "byte 10 is 0xe9"), (utf_16, "byte 0 is 0xff"), (gzip.compress(b"{}"), "0x8b")):
        with pytest.raises(ParseError, match=f"not UTF-8: .*{byte}"):
            parse(body)


def test_times_have_one_format():
    noon, berlin = datetime(2027, 1, 1, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin")
    times = [noon, noon.astimezone(berlin), noon + timedelta(microseconds=120), date(2027, 1, 1)]

    assert orjson.loads(to_json(times)) == [
        *("2027-01-01T12:00:00.000000Z", "2027-01-01T12:00:00.000000Z", "2027-01-01T12:00:00.000120Z"),
        "2027-01-01",
    ]
    assert orjson.loads(to_json(times[2:3])) == ["2027-01-01T12:00:00.000120Z"]


def test_levels_are_limited():
    def nested(levels: int) -> str:
        return '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"

    assert parse(nested(MAX_LEVELS))
    for levels in (MAX_LEVELS + 1, 200, 1000):
        with pytest.raises(ParseError, match="levels"):
            parse(nested(levels))


def test_empty_body_is_an_empty_object():
    assert parse(b"") == parse(b" \n") == {}


def test_numbers_are_finite():
    for number in ("-" + "9" * 300, "1.0", "1E2", "-0", "9007199254740993", "18446744073709551615"):
        assert parse(f'{{"a": {number}}}')["a"] == pytest.approx(float(number))
    for number in ("-" + "9" * 4400, "1" * 400, "1e400"):
        with pytest.raises(ParseError, match="infinity"):
            parse(f'{{"a": {number}}}')


DUPLICATES: list[tuple[bytes, dict[str, Any]]] = [
    (b'{"name": "x", "name": "y"}', {"name": "*"}),
    (b'{"name": "x", "n\\u0061me": "y"}', {"name": "*"}),
    (b'{"a": 1, "b": 2, "b": {"a": 1, "a": 2}, "a": 3, "name": "x"}', {"b": "*", "a": "*"}),
    (b'{"prefill": {"country": "DE", "country": "FR"}}', {"prefill": {"country": "*"}}),
    (b'{"list": [{"x": 1}, [{"a": 1}, {"a/b": 1, "a/b": 2}]]}', {"list": {1: {1: {"a/b": "*"}}}}),
    (b'{"": 1, "": 2}', {"": "*"}),
    (b'{"maxUses": 1e300, "maxUses": 18446744073709551615}', {"maxUses": "*"}),
    (b'{"allowedEmails": ["anna@example.com"], "allowedEmails": []}', {"allowedEmails": "*"}),
]


def codes(detail: Any) -> Any:
    return {name: codes(child) for name, child in detail.items()} if isinstance(detail, dict) else "*"


def test_duplicate_keys_are_rejected_by_name():
    for body, expected in DUPLICATES:
        with pytest.raises(ValidationError) as error:
            parse(body)
        assert codes(error.value.detail) == expected
        assert "DUPLICATE_FIELD" in str(error.value.get_codes()).upper()


def test_sibling_objects_may_share_names():
    assert parse(b'{"name": "x", "other": [{"name": "y"}, {"name": "z"}]}')["other"][1] == {"name": "z"}
