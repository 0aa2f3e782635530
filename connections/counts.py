"""How many connections are in each status."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection as database

from connections.models.status import Status

# what does not heal by itself: somebody has to give other details, or to look
BROKEN = tuple(
    status
    for status in Status
    if status not in {Status.CONNECTED, Status.PENDING, Status.UNDER_INVESTIGATION, Status.COMPANY_INACTIVE}
)

COUNTS = """
SELECT wanted.status, (
    SELECT count(*) FROM (
        SELECT FROM connections_connection counted WHERE counted.status = wanted.status {of_companies} LIMIT %(most)s
    ) AS those
) FROM unnest(%(statuses)s::text[]) AS wanted (status)
"""
OF_COMPANIES = "AND counted.company_id = ANY(%(companies)s)"


def count_by_status(*, most: int, companies: Collection[UUID] | None = None) -> dict[Status, int]:
    """How many connections of those companies, or of all, are in each status, none counted further than `most`.

    One query, which reads at most so many entries of an index for each status.
    """
    facts: dict[str, Any] = {
        "most": most,
        "statuses": [status.value for status in Status],
        "companies": None if companies is None else list(companies),
    }
    with database.cursor() as cursor:
        cursor.execute(COUNTS.format(of_companies="" if companies is None else OF_COMPANIES), facts)
        return {Status(status): number for status, number in cursor.fetchall()}
