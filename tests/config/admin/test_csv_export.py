import csv
import io
import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import Company
from config.admin import csv_export
from connections.models import Connection
from connections.models.status import Status
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
    make_connection,
    make_invitation,
)

EXPORTED = ("companies_company", "companies_site", "connections_connection", "invitations_invitation")
FORMULA = ("=", "+", "-", "@", "＝")


@pytest.fixture
def staff(db):
    return UserFactory(email="mary@example.com")


@pytest.fixture
def admin_client(client, staff):
    client.force_login(staff)
    return client


def exported(client, name, **query):
    return list(csv.DictReader(io.StringIO(text_of(client, name, **query))))


def text_of(client, name, **query):
    response = client.get(reverse(f"admin:{name}_export"), query)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    return text[1:]


def test_lists_link_export_with_query(admin_client, company):
    for name in EXPORTED:
        address = reverse(f"admin:{name}_changelist")
        page = admin_client.get(address, {"q": 'a"&b', "created": "week"} if "invit" in name else {}).content.decode()
        assert 'href="export/' in page, name
    assert 'href="export/?q=a%22%26b&amp;created=week"' in page


def test_export_has_all_pages_in_order(admin_client, company, monkeypatch):
    monkeypatch.setattr(csv_export, "AT_ONCE", 7)
    Company.objects.bulk_create(Company(partner=company.partner, name=f"Acme {n:03}") for n in range(60))

    lines = exported(admin_client, "companies_company", q="acme", p="1")

    newest_first = Company.objects.filter(name__startswith="Acme").order_by("-pk")
    assert [line["Id"] for line in lines] == [str(pk) for pk in newest_first.values_list("pk", flat=True)]
    assert len(lines) == 60


def test_export_follows_filters_and_search(admin_client):
    row = make_connection(CompanyFactory(name="Riverside"))
    make_connection()
    Connection.objects.filter(pk=row.pk).update(status=Status.CONNECTED)

    for query in ({"status": "CONNECTED"}, {"company": row.company_id}, {"q": "riverside"}):
        assert [line["Id"] for line in exported(admin_client, "connections_connection", **query)] == [str(row.pk)]
    assert len(exported(admin_client, "connections_connection")) == 2


def test_export_of_invitation(admin_client, company):
    invitation = make_invitation(
        company, allowed_emails=["a@example.com", "b@example.com"], max_uses=3, external_id="ORD-7"
    )

    (line,) = exported(admin_client, "invitations_invitation")

    expected = {
        "Id": str(invitation.pk),
        "Created": f"{invitation.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "Company": company.name,
        "Company id": str(company.pk),
        "Status": "Active",
        "Type": "Create a connection",
        "Allowed addresses": "a@example.com b@example.com",
        "Uses": "0",
        "Maximum uses": "3",
        "External id": "ORD-7",
        "Revoked": "",
    }
    assert {name: line[name] for name in expected} == expected


def test_export_of_connection(admin_client, company):
    make_connection(company, url="https://portal.example.com/login", utility_types=["GAS", "WATER"], country="DE")

    (line,) = exported(admin_client, "connections_connection")

    assert (line["Provider"], line["Utility types"], line["Country"]) == ("portal.example.com", "Gas, Water", "DE")
    assert (line["Company"], line["Status"]) == (company.name, "Waiting to be checked")


def test_export_has_no_secrets(admin_client, company):
    invitation = make_invitation(company)
    make_connection(company, credentials={"username": "their-user-name", "password": "their-password"})

    for name in EXPORTED:
        text = text_of(admin_client, name)
        for secret in (invitation.token, "/p/i/", invitation.token_hash.hex(), "their-user-name", "their-password"):
            assert secret not in text, name


def test_exports_disarm_formulas(admin_client):
    """Each list and each text field; `test_csv_cells` has the kinds of formulas."""
    hostile = "=cmd|' /C calc'!A0;=1"
    company = CompanyFactory(name=hostile, external_id=hostile, partner__name=hostile)
    SiteFactory(company=company, name=hostile, address=hostile)
    make_connection(company)
    make_invitation(company, external_id=hostile)
    Connection.objects.update(status_error_detail=hostile)

    for name in EXPORTED:
        (line,) = exported(admin_client, name)
        pieces = [piece for cell in line.values() for piece in re.split("[;\t\r\n]", cell)]
        assert not [piece for piece in pieces if piece.strip().startswith(FORMULA)], name
        assert any(_without_marks(cell).endswith(_without_marks(hostile)) for cell in line.values()), name


def _without_marks(text):
    return text.replace("'", "")


def test_export_needs_view_permission(client, company):
    user = UserFactory(is_superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="view_site"))
    client.force_login(user)

    statuses = {name: client.get(reverse(f"admin:{name}_export")).status_code for name in EXPORTED}

    assert statuses == dict.fromkeys(EXPORTED, 403) | {"companies_site": 200}


def test_export_follows_company_limit(client, db):
    mine, other = CompanyFactory(name="Mine"), CompanyFactory(name="Other")
    for company in (mine, other):
        SiteFactory(company=company)
        make_connection(company)
        make_invitation(company)
    user = UserFactory(is_superuser=False, is_limited=True)
    models = ("company", "site", "connection", "invitation")
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"view_{model}" for model in models]))
    user.companies.add(mine)
    client.force_login(user)

    for name in EXPORTED:
        (line,) = exported(client, name)
        assert line.get("Company", line.get("Name")) == "Mine", name
        assert exported(client, name, q="Other") == []


def test_export_needs_login_and_get(client, staff):
    url = reverse("admin:companies_company_export")
    assert client.get(url).status_code == 302
    client.force_login(staff)
    assert client.post(url).status_code == 405


def test_invalid_query_redirects_to_list(admin_client, company):
    response = admin_client.get(reverse("admin:companies_company_export"), {"p": "nonsense", "company__x": "1"})

    assert response.status_code == 302


def test_full_export_says_so(admin_client, staff, company, monkeypatch):
    monkeypatch.setattr(csv_export, "MOST_EXPORTED", 5)
    monkeypatch.setattr(csv_export, "AT_ONCE", 2)
    SiteFactory.create_batch(5, company=company)
    assert len(exported(admin_client, "companies_site")) == 5

    SiteFactory(company=company)
    lines = exported(admin_client, "companies_site")

    assert len(lines) == 6
    assert lines[-1]["Id"] == "There are more rows. A file has at most 5. Filter the list, then export again."
    assert LogEntry.objects.latest("pk").change_message == "Exported 5 sites as CSV, truncated."


def test_export_is_logged(admin_client, staff, company, caplog):
    SiteFactory.create_batch(3, company=company)

    with caplog.at_level(logging.INFO, "latchkey.export"):
        exported(admin_client, "companies_site")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.change_message) == (staff, "Exported 3 sites as CSV, complete.")
    (record,) = [record for record in caplog.records if record.name == "latchkey.export"]
    assert record.getMessage() == f"Exported 3 sites as CSV, complete, by {staff.pk}"


@pytest.mark.django_db(transaction=True)
def test_export_is_logged_if_client_disconnects(admin_client, company, monkeypatch):
    monkeypatch.setattr(csv_export, "LINES_AT_ONCE", 1)
    SiteFactory.create_batch(3, company=company)

    response = admin_client.get(reverse("admin:companies_site_export"))
    assert LogEntry.objects.get().change_message == "Export as CSV started."
    pieces = iter(response)
    next(pieces)
    next(pieces)
    response.close()

    assert LogEntry.objects.get().change_message == "Exported 2 sites as CSV, interrupted."


def test_query_count_does_not_grow(admin_client, company, monkeypatch):
    monkeypatch.setattr(csv_export, "AT_ONCE", 100)

    def grow(number):
        Connection.objects.bulk_create(
            Connection(company=company, datasource=DatasourceFactory(), country="GB") for _ in range(number)
        )

    def queries():
        with CaptureQueriesContext(connection) as captured:
            exported(admin_client, "connections_connection")
        return len(captured)

    grow(10)
    queries()  # fills the cache of content types
    few = queries()
    grow(390)
    assert queries() == few
    assert len(exported(admin_client, "connections_connection")) == 400


@pytest.mark.django_db(transaction=True)
def test_export_streams_outside_transactions(admin_client, company, monkeypatch):
    monkeypatch.setattr(csv_export, "AT_ONCE", 10)
    monkeypatch.setattr(csv_export, "LINES_AT_ONCE", 10)
    SiteFactory.create_batch(25, company=company)

    pieces = iter(admin_client.get(reverse("admin:companies_site_export")))
    next(pieces)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE is_holdable")
        held = cursor.fetchone()[0]
    late = SiteFactory(company=company, name="Too late")
    text = b"".join(pieces).decode()

    assert held == 1
    assert not connection.in_atomic_block
    assert text.count("\r\n") == 15
    assert late.name not in text
