"""The list uses its indexes: EXPLAIN of every query of a page, with ten thousand rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import CompanyFactory, make_connection
from tests.invitations.admin.pages import LIST
from tests.plans import rows_read, shared_rows

# one row in 200 each is revoked, used up, expired, expiring, opened, undelivered or a repair;
# one in 20 belongs to the company
GROW = """
    INSERT INTO invitations_invitation (
        id, company_id, invitation_type, connection_id, token_hash, encrypted_token, allowed_emails, send_email,
        is_automatic, expires_at, max_uses, use_count, prefill, locale, external_id, metadata, revoked_at,
        last_viewed_at, created_at, updated_at
    )
    SELECT ('01940000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        CASE n %% 20 WHEN 0 THEN %(company)s::uuid ELSE %(other)s::uuid END,
        CASE n %% 200 WHEN 7 THEN 'EDIT_CONNECTION' ELSE 'CREATE_CONNECTION' END,
        CASE n %% 200 WHEN 7 THEN %(connection)s::uuid END,
        sha256(n::text::bytea), '', ARRAY['someone' || n || '@example.com'], true, false,
        CASE n %% 200 WHEN 3 THEN now() - interval '1 day' WHEN 4 THEN now() + interval '3 days'
            ELSE now() + interval '1 year' END,
        1, CASE n %% 200 WHEN 2 THEN 1 ELSE 0 END, '{}', 'en', 'order-' || n, '{}',
        CASE n %% 200 WHEN 1 THEN now() END, CASE n %% 200 WHEN 5 THEN now() END,
        now() - interval '30 days', now()
    FROM generate_series(1, 10000) AS n
"""
MAILS = """
    INSERT INTO invitations_delivery (id, invitation_id, email, status, round, attempts, created_at)
    SELECT id, id, allowed_emails[1], CASE row_number() OVER (ORDER BY id) %% 200 WHEN 6 THEN 'BOUNCED' ELSE 'SENT' END,
        1, 1, now()
    FROM invitations_invitation
"""
LINKS = """
    INSERT INTO invitations_personallink (id, delivery_id, token_hash, encrypted_token, created_at)
    SELECT id, id, sha256(id::text::bytea), '', now() FROM invitations_delivery
"""


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """The company, whose invitations are among those of another."""
    with shared_rows(django_db_blocker):
        company, repaired = CompanyFactory(), make_connection(CompanyFactory())
        given = {"company": company.pk, "other": repaired.company_id, "connection": repaired.pk}
        with connection.cursor() as cursor:
            for statement in (GROW, MAILS, LINKS, "ANALYZE"):
                cursor.execute(statement, given)
        yield company


def nodes(plan):
    """Each node of a plan as (type, table, index)."""
    yield plan["Node Type"], plan.get("Relation Name"), plan.get("Index Name")
    for each in plan.get("Plans", []):
        yield from nodes(each)


def read_by(client, query, *, counting=True):
    """Nodes of the plans of all queries for invitations and mails."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(LIST), query).status_code in {200, 302}
    asked = [each["sql"] for each in captured if ' FROM "invitations_' in each["sql"]]
    with connection.cursor() as cursor:
        for sql in asked:
            if counting or "COUNT(*)" not in sql:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
                (plan,) = cursor.fetchone()[0]
                yield from nodes(plan["Plan"])


def scanned(read):
    """Tables with a sequential scan."""
    large = {"invitations_invitation", "invitations_delivery", "invitations_personallink"}
    return [table for what, table, _ in read if what == "Seq Scan" and table in large]


LINK = f"http://localhost:8000/p/i/{'x' * 43}"
RARE = [
    ({"status": "REVOKED"}, "invitation_revoked"),
    ({"status": "FULFILLED"}, "invitation_used_up"),
    ({"status": "EXPIRED"}, "invitation_expiring"),
    ({"company": "the one"}, "invitation_newest_first"),
    ({"invitation_type__exact": "EDIT_CONNECTION"}, "invitation_repair"),
    ({"attention": "expiring"}, "invitation_expiring"),
    ({"attention": "unfinished"}, "invitation_unfinished"),
    ({"attention": "mail_failed"}, "delivery_undelivered"),
    ({"q": "SomeOne77@ex"}, "invitation_search"),
    ({"q": "order-77"}, "invitation_search"),
    ({"q": "01940000-0000-7000-8000-00000000004d"}, "invitations_invitation_pkey"),
    ({"q": LINK}, "invitations_invitation_token_hash_key"),
    ({"q": LINK}, "invitations_personallink_token_hash_key"),
]


def test_filters_and_searches_use_their_index(admin_client, many):
    for query, index in RARE:
        asked = {name: many.pk if value == "the one" else value for name, value in query.items()}
        read = list(read_by(admin_client, asked))
        assert (query, index in [by for _, _, by in read], scanned(read)) == (query, True, [])


def test_common_rows_are_read_newest_first(admin_client, many):
    """Counting may scan the table: it ends after 10,001 rows."""
    for query in ({}, {"status": "ACTIVE"}, {"attention": "not_opened"}):
        read = list(read_by(admin_client, query, counting=False))
        assert {"invitations_invitation_pkey", "invitation_not_opened"} & {by for _, _, by in read}, query
        assert scanned(read) == [], query


def test_few_active_rows_are_found_fast(admin_client, many):
    """They are the oldest rows, which a scan from the newest would reach last."""
    expired = "UPDATE invitations_invitation SET expires_at = now() - interval '1 day' WHERE external_id > 'order-1'"
    with connection.cursor() as cursor:
        for statement in (expired, "ANALYZE"):
            cursor.execute(statement)

    for query in ({"status": "ACTIVE"}, {"status": "ACTIVE", "company": many.pk}, {"status": "REVOKED"}):
        number = rows_read(lambda query=query: admin_client.get(reverse(LIST), query), "invitations_invitation")
        assert (query, number < 500) == (query, True)
