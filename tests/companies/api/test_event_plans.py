"""Pages of the feed read few rows beside those that they show."""

import pytest
from django.db import connection as database

from companies.models import EventStream
from tests.conftest import Api
from tests.factories import CompanyFactory, make_api_key
from tests.plans import rows_read, shared_rows

ALL = 20_000
# Every thousandth is of a rare type, and of another company. The second half is in another partition.
GROW = """
    INSERT INTO companies_partnerevent (id, partner_id, company_id, is_live, type, data, sequence, created_at)
    SELECT (CASE WHEN n > %(all)s / 2 THEN '01f40000' ELSE '01940000' END || '-0000-7000-8000-'
            || lpad(to_hex(n), 12, '0'))::uuid, %(partner)s,
        CASE WHEN n %% 1000 = 0 THEN %(rare)s::uuid ELSE %(company)s::uuid END, true,
        CASE WHEN n %% 1000 = 0 THEN 'invitation.rotated' ELSE 'invitation.viewed' END, '{}', n, now()
    FROM generate_series(1, %(all)s) AS n
"""


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    with shared_rows(django_db_blocker):
        company = CompanyFactory()
        rare = CompanyFactory(partner=company.partner)
        EventStream.objects.create(**company.world._asdict(), last_sequence=ALL)
        given = {"partner": company.partner_id, "company": company.pk, "rare": rare.pk, "all": ALL}
        with database.cursor() as cursor:
            cursor.execute(GROW, given)
            cursor.execute("ANALYZE companies_partnerevent")
        yield rare


def test_pages_read_few_rows(many, db):
    keys = {"all": {}, "limited": {"company_ids": [many.pk]}}
    clients = {name: Api(make_api_key(many.partner, **fields)[1]) for name, fields in keys.items()}

    def read(client, **query):
        answers = []
        rows = rows_read(lambda: answers.append(clients[client].get("event", query)), "companies_partnerevent")
        return len(answers[0].json()["events"]), rows <= 2 * 51  # a page of each of two types

    rare = {"type": "invitation.rotated"}
    assert {
        "oldest": read("all"),
        "rare": read("all", **rare),
        "never": read("all", type="invitation.revoked"),
        "limited": read("limited"),
        "last": read("all", after=f"01f40000-0000-7000-8000-{ALL - 10:012x}"),
    } == {"oldest": (50, True), "rare": (20, True), "never": (0, True), "limited": (20, True), "last": (10, True)}
