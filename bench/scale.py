"""`python -m bench --scale`: what one request or job asks of PostgreSQL, with few rows and with many.

Pages of memory (8 KiB each) are exact, and count cached ones, too. Times and the log of changes (WAL) are those that
PostgreSQL reports in `pg_stat_statements`, on a machine without other load if it matters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.budget import sender
from bench.load import Requests
from bench.operations import OPERATIONS, api_headers, list_path
from bench.seed import Seeded, set_database_defaults
from bench.servers import PROXY_HEADERS
from companies.models import EventStream, PartnerEvent, User, WebhookDelivery, WebhookEndpoint
from companies.services.partners import delete_old_answers
from companies.services.webhooks.feed import delete_old_events
from config.api.pagination import KeysetPagination
from connections.models import Credential
from invitations.models import Delivery, Invitation, PersonalLink
from invitations.services.address_retention import erase_old_addresses
from invitations.services.expiry import announce_expired
from invitations.services.personal_data import export_personal_data
from invitations.services.reminders.remind import remind_due

STATEMENTS = Path(__file__).with_name("scale.sql")
FILLED = (Delivery, PersonalLink, Credential, PartnerEvent, EventStream, WebhookEndpoint, WebhookDelivery)
TIMES = 20
GROWS = 1.5  # an index of ten times the rows is a page deeper
FIGURES = """
    SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0),
           coalesce(sum(shared_blks_hit + shared_blks_read), 0), coalesce(sum(wal_bytes), 0)
    FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'
"""
COSTLIEST = """
    SELECT query FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'
    ORDER BY shared_blks_hit + shared_blks_read DESC LIMIT 1
"""
SIZES = """
    SELECT coalesce(pg_partition_root(class.oid)::regclass, class.oid::regclass)::text AS name,
           sum(pg_table_size(class.oid))::bigint, sum(pg_indexes_size(class.oid))::bigint
    FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = relnamespace
    WHERE relkind = 'r' AND nspname = 'public' GROUP BY 1 ORDER BY sum(pg_total_relation_size(class.oid)) DESC LIMIT 14
"""


class Cost(NamedTuple):
    """A request or a job, and what it asks of PostgreSQL once."""

    name: str
    statements: float
    milliseconds: float
    pages: float
    wal_bytes: float
    costliest: str


@dataclass(frozen=True)
class Act:
    """A request or a job that is measured so many times. `before` runs first, and does not count."""

    name: str
    act: Callable[[], object]
    times: int = 3
    before: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Size:
    table: str
    bytes: int
    index_bytes: int


def fill(seeded: Seeded) -> None:
    """Add the rows of `scale.sql`."""
    for model in FILLED:
        set_database_defaults(model)
    with connection.cursor() as cursor:
        cursor.connection.execute(STATEMENTS.read_text(), prepare=False)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def measure(seeded: Seeded, url: str) -> Iterator[Cost]:
    """Yield the cost of each request and job. `url` of a web server beside the same database."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    for each in _acts(seeded, url):
        each.before()
        for _ in range(2):  # the first time prepares statements
            each.act()
        yield _cost(each)


def sizes() -> list[Size]:
    """Return the largest tables with their partitions, largest first."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        return [Size(*row) for row in cursor.fetchall()]


def as_tables(found: "dict[int, tuple[list[Size], list[Cost]]]") -> Iterator[str]:
    """Yield lines of Markdown: bytes for each invitation, and the cost of each request by number of rows."""
    for rows, (tables, _) in found.items():
        total = sum(each.bytes + each.index_bytes for each in tables) / rows
        yield f"\n{rows:,} invitations: {total:,.0f} bytes for each\n"
        yield "| table | bytes for each invitation | of its indexes |"
        yield "| --- | --- | --- |"
        for each in tables:
            yield f"| {each.table} | {each.bytes / rows:,.0f} | {each.index_bytes / rows:,.0f} |"
    yield "\n| of one | statements | pages | ms | WAL bytes | growth of pages |\n| --- | --- | --- | --- | --- | --- |"
    for costs in zip(*(costs for _, costs in found.values()), strict=True):
        cells = [
            " / ".join(f"{getattr(each, name):,.{digits}f}" for each in costs)
            for name, digits in (("statements", 0), ("pages", 0), ("milliseconds", 1), ("wal_bytes", 0))
        ]
        growth = costs[-1].pages / max(costs[0].pages, 1)
        costliest = f" `{costs[-1].costliest}`" if growth > GROWS else ""
        yield f"| {costs[0].name} | {' | '.join(cells)} | {growth:.2f}{costliest} |"


def _cost(act: Act) -> Cost:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_statements_reset()")
        for _ in range(act.times):
            act.act()
        cursor.execute(FIGURES)
        figures = [float(each) / act.times for each in cursor.fetchone()]
        cursor.execute(COSTLIEST)
        (query,) = cursor.fetchone() or ("",)
    return Cost(act.name, *figures, costliest=" ".join(query.split())[:200])


def _acts(seeded: Seeded, url: str) -> Iterator[Act]:
    from config.server.asgi import respond  # noqa: PLC0415 - it lists the static files

    for operation in (make(seeded, url) for make in OPERATIONS.values()):
        yield Act(operation.name, sender(operation.requests, respond), TIMES, *filter(None, [operation.before]))
    for name, paths in _lists(seeded).items():
        yield Act(f"API: {name}", sender(Requests(paths, api_headers(seeded)), respond), TIMES)
    staff = Client(headers=PROXY_HEADERS)
    staff.force_login(User.objects.create_superuser("scale@example.com", password=None, name="Scale"))
    for name, path in _pages().items():
        yield Act(f"admin: {name}", partial(_open, staff, path))
    addresses = cycle(Delivery.objects.order_by("?").values_list("email", flat=True)[:TIMES])
    yield Act("data about an address", lambda: export_personal_data(next(addresses)))
    for job in (announce_expired, remind_due, erase_old_addresses, delete_old_events, delete_old_answers):
        yield Act(f"job: {job.__name__}", job)


def _lists(seeded: Seeded) -> dict[str, list[str]]:
    invitations, company = list_path(seeded), seeded.company.pk
    some = list(Invitation.objects.filter(company=company).order_by("?")[:TIMES])
    signer = KeysetPagination.named("invitations")()._signer()
    queries = {
        "a page in the middle": [f"cursor={signer.sign(each.pk.hex)}" for each in some],
        "by status ACTIVE": ["status=ACTIVE"],
        "by status EXPIRED": ["status=EXPIRED"],
        "by an address": [f"email={each.allowed_emails[0]}" for each in some if each.allowed_emails]
        or ["email=a@b.example"],
        "by externalId": [f"externalId={each.external_id or 'none'}" for each in some],
        "by time": [f"createdBefore={each.created_at:%Y-%m-%dT%H:%M:%SZ}" for each in some],
    }
    lists = {name: [f"{invitations}?{query}" for query in found] for name, found in queries.items()}
    return lists | {"connections": [f"/v2/connection/company/{company}"], "feed of events": ["/v2/event?limit=100"]}


def _pages() -> dict[str, str]:
    some = Invitation.objects.exclude(allowed_emails=[]).order_by("?").first()
    assert some
    pages = {"overview": reverse("admin:index")}
    for model, model_admin in admin.site._registry.items():
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        pages[f"list of {model._meta.verbose_name_plural}"] = path
        if model_admin.search_fields:
            pages[f"{model._meta.verbose_name_plural} with “47”"] = f"{path}?q=47"
    invitations = reverse("admin:invitations_invitation_changelist")
    change = reverse("admin:invitations_invitation_change", args=[some.pk])
    return pages | {
        "invitations of an address": f"{invitations}?q={some.allowed_emails[0]}",
        "invitations of a week": f"{invitations}?created=week",
        "page of an invitation": change,
    }


def _open(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
