"""Lists and searches read about as many rows as they show, of twenty thousand each."""

import pytest
from django.db import connection
from django.urls import reverse

from tests.companies.admin.pages import words
from tests.factories import CompanyFactory
from tests.plans import rows_read, shared_rows

# the three oldest have other names; half of the rows belong to their owners
PARTNERS = """
    INSERT INTO companies_partner (id, name, redirect_urls, created_at)
    SELECT ('01940000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        CASE WHEN n <= 3 THEN 'Zébra ' ELSE 'Place ' END || n, '{}', now()
    FROM generate_series(1, 20000) AS n
"""
COMPANIES = """
    INSERT INTO companies_company (
        id, partner_id, name, external_id, locale, repairs_automatically, created_at, updated_at
    )
    SELECT id, %(partner)s, name, 'crm-' || right(id::text, 5), 'en', false, now(), now() FROM companies_partner
    WHERE id <> %(partner)s
"""
SITES = """
    INSERT INTO companies_site (id, company_id, name, address, created_at, updated_at)
    SELECT id, CASE WHEN name < 'P' OR id < '01940000-0000-7000-8000-000000002710' THEN %(company)s::uuid ELSE id END,
        name, '', now(), now()
    FROM companies_company WHERE id <> %(company)s
"""


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """The company and the partner who own half of the rows."""
    with shared_rows(django_db_blocker):
        company = CompanyFactory()
        given = {"company": company.pk, "partner": company.partner_id}
        with connection.cursor() as cursor:
            for statement in (PARTNERS, COMPANIES, SITES):
                cursor.execute(statement, given)
            for index in ("partner_name_search", "company_name_search", "site_name_search"):
                cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
            cursor.execute("ANALYZE")
        yield company


@pytest.fixture
def company(many, db):
    return many


def test_search_reads_what_it_finds(admin_client, many):
    for kind in ("partner", "company", "site"):
        for term, finds in (("zebra", 3), ("EBR", 3), ("zebra 2", 1), ("nowhere", 0), ("place 19999", 1)):
            pages = []
            address = reverse(f"admin:companies_{kind}_changelist")
            number = rows_read(
                lambda pages=pages, address=address, term=term: pages.append(admin_client.get(address, {"q": term})),
                f"companies_{kind}",
            )
            assert (len(pages[0].context["cl"].result_list), number <= 100) == (finds, True), (kind, term, number)


def test_external_id_uses_index(admin_client, many):
    address = reverse("admin:companies_company_changelist")

    number = rows_read(lambda: admin_client.get(address, {"q": "crm-00007"}), "companies_company")

    assert number <= 100
    assert "Place 7" in words(admin_client.get(address, {"q": "crm-00007"}))


def test_site_list_reads_own_rows_only(api, many):
    answers = []

    number = rows_read(lambda: answers.append(api.get(f"site/company/{many.pk}")), "companies_site")

    assert (len(answers[0].json()["sites"]), number) == (50, 51)


def test_company_list_reads_own_rows_only(api, many):
    CompanyFactory.create_batch(2)

    assert rows_read(lambda: api.get("company"), "companies_company") == 51
