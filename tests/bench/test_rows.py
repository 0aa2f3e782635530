from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db import transaction

from bench.rows import comparable, written
from companies.models import Partner

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def rows_of(parent: UUID, first: UUID, second: UUID, number: int) -> dict[str, list[dict[str, object]]]:
    """Two rows that refer to a third one, as PostgreSQL gives them in any order."""
    return {
        "events": [
            {"id": str(second), "type": "USED", "parent": str(parent), "at": "2026-11-30T12:00:01+00:00"},
            {"id": str(first), "type": "CREATED", "parent": parent.hex, "at": "2026-11-30T11:59:58.5+00:00"},
        ][:: (-1) ** number],
        "jobs": [{"id": 9 + number, "job_id": number, "until": "2026-12-30T12:00:00+00:00"}],
    }


def test_equal_writes_have_equal_rows():
    found = [comparable(rows_of(uuid4(), uuid4(), uuid4(), number), now=NOW) for number in range(2)]

    assert found[0] == found[1]
    assert found[0]["events"][0] == {"id": "id 0", "type": "CREATED", "parent": "id 1", "at": "now"}
    assert found[0]["jobs"] == [{"until": "in 30 days"}]


def test_other_owner_makes_rows_differ():
    first, second, parent = (uuid4() for _ in range(3))
    other = comparable(rows_of(parent, first, first, 0), now=NOW)

    assert comparable(rows_of(parent, first, second, 0), now=NOW) != other


def test_rows_written_in_block_are_found(db):
    Partner.objects.create(name="Before")
    # a savepoint has a transaction id of its own
    with written() as rows, transaction.atomic():
        Partner.objects.create(name="Inside")

    assert [row["name"] for row in rows["companies_partner"]] == ["Inside"]
