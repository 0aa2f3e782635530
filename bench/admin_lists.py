"""`python -m bench --admin-lists`: time of every list of the admin, with many rows in each table.

Times are the best of three, in this process, without the web server.
"""

import time
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.seed import STATEMENTS, set_database_defaults
from bench.servers import PROXY_HEADERS
from companies.models import ApiKey, PartnerEvent, User, WebhookDelivery, WebhookEndpoint
from connections.models import Datasource
from invitations.models import Batch

TIMES = 3
SEARCHED = "47"
FILLED = (ApiKey, User, Datasource, Batch, WebhookEndpoint, PartnerEvent, WebhookDelivery)


def fill(rows: int) -> None:
    """Add rows to the tables of the lists that the seed leaves short."""
    for model in FILLED:
        set_database_defaults(model)
    script = STATEMENTS.with_name("admin_lists.sql").read_text()
    with connection.cursor() as cursor:
        cursor.connection.execute(script.format(rows=rows), prepare=False)
        cursor.execute("VACUUM ANALYZE")


def measure() -> Iterator[str]:
    """Yield a table of Markdown, line by line: the first page of each list, and a search in it."""
    yield "| list | ms | queries | slowest query, ms |"
    yield "| --- | --- | --- | --- |"
    client = Client(headers=PROXY_HEADERS)
    client.force_login(User.objects.create_superuser("bench@example.com", password=None, name="Bench"))
    for path in _paths():
        milliseconds, queries = min(_ask(client, path) for _ in range(TIMES))
        yield f"| {path} | {milliseconds:.0f} | {len(queries)} | {max(queries):.0f} |"


def _paths() -> Iterator[str]:
    for model, model_admin in admin.site._registry.items():
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield path
        if model_admin.search_fields:
            yield f"{path}?q={SEARCHED}"


def _ask(client: Client, path: str) -> tuple[float, list[float]]:
    """Return the milliseconds of a page, and those of each query."""
    queries: list[float] = []

    def measured(execute: Any, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            queries.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    with connection.execute_wrapper(measured):
        response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return (time.perf_counter() - began) * 1000, queries
