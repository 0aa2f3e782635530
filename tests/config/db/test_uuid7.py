from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from config.db.uuid7 import first_uuid7_at, parse_uuid

ID = "0194f000-0000-7000-8000-000000000011"


def test_ids_grow_with_time():
    before = first_uuid7_at(datetime.now(UTC))

    assert before <= uuid7()


def test_parse_uuid_accepts_hex_and_case():
    parsed = [str(parse_uuid(term)) for term in (ID, f" {ID.replace('-', '').upper()} ", "Acme")]

    assert parsed == [ID, ID, "None"]
