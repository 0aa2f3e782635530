"""Number of rows that PostgreSQL reads for the queries of a page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.database import execute

WITHOUT_FOREIGN_KEYS = "companies_partnerevent, companies_webhookdelivery, companies_webhookattempt"


@contextmanager
def shared_rows(django_db_blocker: Any) -> Iterator[None]:
    """Rows that are written in the block stay until its end: the tests of a module share them.

    The block has new files for the tables. In the old ones, dead rows of other tests would change the plans.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        execute(f"TRUNCATE companies_partner, connections_datasource, {WITHOUT_FOREIGN_KEYS} CASCADE")
        yield
        transaction.set_rollback(True)


def rows_read(ask: Any, table: str) -> int:
    """Most rows read by one step of a query plan, over all queries from `table` that `ask()` makes."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    asked = [each["sql"] for each in captured if re.search(rf' FROM "?{table}\b', each["sql"])]
    assert asked
    with connection.cursor() as cursor:
        return max(_read(cursor, sql) for sql in asked)


def _read(cursor: Any, sql: str) -> int:
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
    (plan,) = cursor.fetchone()[0]
    return max(_steps(plan["Plan"]))


def _steps(plan: dict[str, Any]) -> list[int]:
    removed = sum(rows for what, rows in plan.items() if what.startswith("Rows Removed"))
    own = int((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    return [own, *(step for each in plan.get("Plans", []) for step in _steps(each))]
