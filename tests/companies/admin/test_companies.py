"""Companies and their sites, of which there may be thousands."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import ApiKey, Company, Site, User
from tests.companies.admin.pages import words
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory


def test_a_company_is_made_for_a_partner(admin_client, partner):
    admin_client.post(
        reverse("admin:companies_company_add"), {"partner": partner.pk, "name": "Riverside", "locale": "en"}
    )

    company = Company.objects.get()
    assert (company.partner, company.name, company.external_id, company.reply_to) == (partner, "Riverside", None, None)
    assert LogEntry.objects.get().object_id == str(company.pk)


def test_a_company_is_changed_but_stays_its_partners(admin_client, company):
    partner = company.partner
    address = reverse("admin:companies_company_change", args=[company.pk])

    admin_client.post(address, {"partner": PartnerFactory().pk, "name": "Renamed", "locale": "en", "external_id": "7"})

    company.refresh_from_db()
    assert (company.partner, company.name, company.external_id) == (partner, "Renamed", "7")


def test_a_company_needs_a_name(admin_client, partner):
    response = admin_client.post(reverse("admin:companies_company_add"), {"partner": partner.pk, "locale": "en"})

    assert response.context["adminform"].form.errors["name"] == ["This field is required."]
    assert not Company.objects.exists()


def test_the_page_of_a_company_does_not_load_its_sites(admin_client, company):
    Site.objects.bulk_create(Site(company=company, name=f"Site {n}") for n in range(1000))

    with CaptureQueriesContext(connection) as queries:
        shown = words(admin_client.get(reverse("admin:companies_company_change", args=[company.pk])))

    assert "Site 1" not in shown
    assert not [query for query in queries if "companies_site" in query["sql"]]


def test_a_site_is_made_and_changed(admin_client, company):
    admin_client.post(reverse("admin:companies_site_add"), {"company": company.pk, "name": "Plant"})
    site = Site.objects.get()
    admin_client.post(
        reverse("admin:companies_site_change", args=[site.pk]), {"name": "Plant 2", "address": "1 Mill Lane"}
    )

    site.refresh_from_db()
    assert (site.company, site.name, site.address) == (company, "Plant 2", "1 Mill Lane")


@pytest.mark.parametrize("term", ["riverside", "crm-1", "{pk}"])
def test_a_company_is_found(admin_client, partner, term):
    CompanyFactory()
    company = CompanyFactory(name="Riverside Bakeries", external_id="crm-1", partner=partner)

    found = admin_client.get(reverse("admin:companies_company_changelist"), {"q": term.format(pk=company.pk)})

    assert list(found.context["cl"].result_list) == [company]


@pytest.mark.parametrize("term", ["plant", "riverside", "{pk}"])
def test_a_site_is_found(admin_client, term):
    SiteFactory(name="Shop")
    site = SiteFactory(name="Plant", company__name="Riverside")

    found = admin_client.get(reverse("admin:companies_site_changelist"), {"q": term.format(pk=site.pk)})

    assert list(found.context["cl"].result_list) == [site]


def test_sites_are_narrowed_to_a_company(admin_client):
    site, _ = SiteFactory(), SiteFactory()

    found = admin_client.get(reverse("admin:companies_site_changelist"), {"company": site.company_id})

    assert list(found.context["cl"].result_list) == [site]
    assert site.company.name in words(found)


def test_a_company_that_is_no_id_narrows_nothing(admin_client, company):
    assert admin_client.get(reverse("admin:companies_site_changelist"), {"company": "nonsense"}).status_code == 302


@pytest.mark.parametrize(("name", "asked"), [("company", 5), ("site", 5), ("apikey", 5), ("partner", 5), ("user", 6)])
def test_a_list_asks_as_little_of_a_thousand_rows_as_of_ten(admin_client, partner, name, asked):
    def grow(number):
        companies = Company.objects.bulk_create(Company(partner=partner, name=f"C{n}") for n in range(number))
        Site.objects.bulk_create(Site(company=company, name="S") for company in companies)
        ApiKey.objects.bulk_create(
            ApiKey(partner=partner, name="K", prefix="lk_x", secret_hash=company.pk.bytes) for company in companies
        )
        type(partner).objects.bulk_create(type(partner)(name=f"P{n}") for n in range(number))
        User.objects.bulk_create(User(email=f"{company.pk}@example.com") for company in companies)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(reverse(f"admin:companies_{name}_changelist")).status_code == 200
        return len(captured)

    for number in (10, 990):
        grow(number)
        assert queries() == asked


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "live\u202e"),
        ("name", "\u200b"),
        ("name", "Foo\u2028Bcc: a"),
        ("external_id", "a\x07"),
        ("locale", "de_AT"),
        ("reply_to", "a@-example-.com"),
    ],
)
def test_what_the_service_refuses_of_a_company_is_said_beside_the_field(admin_client, partner, field, value):
    given = {"partner": partner.pk, "name": "Riverside", "locale": "en"} | {field: value}

    response = admin_client.post(reverse("admin:companies_company_add"), given)

    assert list(response.context["adminform"].form.errors) == [field]
    assert not Company.objects.exists()
