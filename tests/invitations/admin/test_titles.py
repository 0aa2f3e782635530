"""Titles and breadcrumbs tell rows of one company apart."""

import html
import re
from datetime import UTC, datetime

from django.urls import reverse

from invitations.admin.titles import batch_title, invitation_title
from invitations.models import Batch, Invitation
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_connection, make_invitation
from tests.invitations.admin.pages import address, words

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_titles_name_recipient_or_reference(company):
    company.name = "Acme"
    connection = make_connection(company, datasource=DatasourceFactory(name="Octopus Energy"))
    cases = {
        "anna@example.com, Acme": {"allowed_emails": ["anna@example.com"]},
        "anna@example.com and 2 more, Acme": {"allowed_emails": ["anna@example.com", "b@x.org", "c@x.org"]},
        "anna@example.com, ORDER-1, Acme": {"allowed_emails": ["anna@example.com"], "external_id": "ORDER-1"},
        "ORDER-1, Acme": {"external_id": "ORDER-1"},
        "Anyone with the link, Acme, 4 Mar 2026, 12:00 UTC": {},
        "Repair of Octopus Energy, ORDER-1, Acme": {"external_id": "ORDER-1", "connection": connection},
    }

    titles = [invitation_title(Invitation(company=company, created_at=NOON, **fields)) for fields in cases.values()]

    assert titles == list(cases)
    batch = Batch(company=company, file_name="people.csv", created_at=NOON)
    assert batch_title(batch) == "people.csv, Acme, 4 Mar 2026, 12:00 UTC"


def test_page_names_row_three_times(admin_client):
    acme = CompanyFactory(name="Acme")
    rows = {
        "anna@example.com, Acme": make_invitation(acme, allowed_emails=["anna@example.com"]),
        "Octopus Energy, Acme, ben@example.com": make_connection(
            acme, datasource=DatasourceFactory(name="Octopus Energy"), owner_email="ben@example.com"
        ),
        "Main bakery, Acme": SiteFactory(company=acme, name="Main bakery"),
    }
    for title, row in rows.items():
        page = words(
            admin_client.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]))
        )
        assert f"<title>{title} · " in page
        assert f"<h1>{title}</h1>" in page
        assert f"&rsaquo; {title}\n" in page


def test_breadcrumbs_name_each_step_once(admin_client, company):
    connection = make_connection(company, external_id="METER-1")
    wanted = {
        reverse("admin:invitations_invitation_changelist"): "Home › Invitations",
        reverse("admin:invitations_invitation_add"): "Home › Invitations › Create invitation",
        reverse("admin:connections_connection_disable", args=[connection.pk]): (
            f"Home › Connections › {connection.provider_name}, METER-1, {company} › Disable"
        ),
        reverse("admin:companies_company_add"): "Home › People and access › Companies › Add company",
    }
    assert {path: breadcrumbs(admin_client.get(path)) for path in wanted} == wanted


def breadcrumbs(response):
    found = re.search(r'<div class="breadcrumbs">(.*?)</div>', response.content.decode(), re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]+>", "", found[1])).split())


def test_action_page_leads_back_by_title(admin_client, company):
    invitation = make_invitation(company, external_id="ORDER-1")

    page = words(admin_client.get(address("extend", invitation)))

    assert f'<a href="{address("change", invitation)}">ORDER-1, {company}</a>' in page
    question = words(admin_client.get(address("revoke", invitation)))
    assert f'<li><a href="{address("change", invitation)}">ORDER-1, {company}</a></li>' in question
