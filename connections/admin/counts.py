"""Number of connections in each status."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connections as databases

from config.db.replica import reading_alias
from connections.models.status import Status

# statuses that do not recover alone: staff or the contributor must act
BROKEN = tuple(
    status
    for status in Status
    if status
    not in {Status.CONNECTED, Status.PENDING, Status.UNDER_INVESTIGATION, Status.COMPANY_INACTIVE, Status.DISABLED}
)

# `= ANY` and the order lead to an index (see config.db.index_hints). Without it, PostgreSQL reads the whole table for a
# rare status.
COUNTS = """
SELECT wanted.status, (
    SELECT count(*) FROM (
        SELECT FROM connections_connection counted
        WHERE counted.status = ANY (ARRAY[wanted.status]) AND counted.deleted_at IS NULL {of_companies}
        ORDER BY {order} LIMIT %(maximum)s
    ) AS those
) FROM unnest(%(statuses)s::text[]) AS wanted (status)
"""
LIVE = "AND counted.company_id NOT IN (SELECT id FROM companies_company WHERE NOT is_live)"
OF_COMPANIES = "AND counted.company_id = ANY(%(companies)s)"


def count_by_status(*, maximum: int, companies: Collection[UUID] | None = None) -> dict[Status, int]:
    """Count up to `maximum` existing connections in each status. `companies`: None counts all live ones.

    One query, which reads at most `maximum` index entries for each status, and those of deleted connections.
    """
    parameters: dict[str, Any] = {
        "maximum": maximum,
        "statuses": [status.value for status in Status],
        "companies": None if companies is None else list(companies),
    }
    newest_first = {"of_companies": LIVE, "order": "counted.status, counted.id DESC"}
    of_companies = {"of_companies": OF_COMPANIES, "order": "counted.company_id, counted.status, counted.id DESC"}
    with databases[reading_alias()].cursor() as cursor:
        cursor.execute(COUNTS.format_map(newest_first if companies is None else of_companies), parameters)
        return {Status(status): number for status, number in cursor.fetchall()}
