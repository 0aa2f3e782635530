"""Lists of connections read few rows beside those that they show."""

from uuid import UUID

import pytest
from django.db import connection as database

from config.db.index_hints import MAX_SORTED_ROWS
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_connection, make_invitation
from tests.plans import rows_read, shared_rows

OLD, ALL = 20, 20_000
GROW = """
    INSERT INTO connections_connection (
        id, company_id, datasource_id, utility_types, status, owner_email, origin_invitation_id,
        status_changed_at, created_at, updated_at
    )
    SELECT ('01940000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        CASE WHEN n > %(old)s AND n %% 2 = 0 THEN %(other)s::uuid ELSE %(company)s::uuid END, %(datasource)s, '{}',
        CASE WHEN n > %(old)s THEN 'CONNECTED' WHEN n %% 2 = 0 THEN 'WEBSITE_DOWN' ELSE 'OTHER_ERROR' END,
        CASE WHEN n > %(old)s THEN 'new@example.com' ELSE 'old@example.com' END,
        CASE WHEN n > %(old)s THEN %(used)s::uuid ELSE %(once)s::uuid END, now(), now(), now()
    FROM generate_series(1, %(all)s) AS n
"""
SITES = """
    INSERT INTO connections_connection_sites (connection_id, site_id)
    SELECT id, CASE WHEN row_number() OVER (ORDER BY id) > %(old)s THEN %(new)s::uuid ELSE %(first)s::uuid END
    FROM connections_connection
"""


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """20,000 connections, half of them of the company. Its oldest twenty differ from the rest."""
    with shared_rows(django_db_blocker):
        company = CompanyFactory()
        old, new = SiteFactory.create_batch(2, company=company)
        once, used = make_invitation(company), make_invitation(company)
        given = {"old": OLD, "all": ALL, "datasource": DatasourceFactory().pk}
        given |= {"first": old.pk, "new": new.pk, "once": once.pk, "used": used.pk}
        given |= {"company": company.pk, "other": make_connection().company_id}
        with database.cursor() as cursor:
            for statement in (GROW, SITES, "ANALYZE"):
                cursor.execute(statement, given)
        yield company, given


@pytest.fixture
def company(many, db):
    return many[0]


def test_filters_read_few_rows(api, company, many):
    _, rows = many

    def read(**query):
        answers = []
        path = f"connection/company/{company.pk}"
        number = rows_read(lambda: answers.append(api.get(path, query)), "connections_connection")
        return len(answers[0].json()["connections"]), number

    for query, shows in (
        ({}, 50),
        ({"status": "CONNECTED"}, 50),
        ({"status": "WEBSITE_DOWN"}, 10),
        ({"status": "PENDING"}, 0),
        ({"status": ["WEBSITE_DOWN", "OTHER_ERROR", "PENDING"]}, 20),
        ({"connectionOwnerEmail": "new@example.com"}, 50),
        ({"connectionOwnerEmail": "old@example.com"}, 20),
        ({"connectionOwnerEmail": "nobody@example.com"}, 0),
        ({"site": rows["first"]}, 20),
        ({"site": UUID(int=1)}, 0),
        ({"invitationId": rows["once"]}, 20),
        ({"invitationId": UUID(int=1)}, 0),
    ):
        shown, number = read(**query)
        assert (shown, number <= 100) == (shows, True), (query, number)
    for query in ({"site": rows["new"]}, {"invitationId": rows["used"]}):
        shown, number = read(**query)
        assert (shown, number <= 2 * MAX_SORTED_ROWS) == (50, True), (query, number)
