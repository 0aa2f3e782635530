from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import ApiKey, Company, Site, User
from tests.companies.admin.pages import words
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory


def test_company_is_created_and_logged(admin_client, partner):
    admin_client.post(
        reverse("admin:companies_company_add"),
        {"partner": partner.pk, "name": "Riverside", "locale": "en", "time_zone": "UTC"},
    )

    company = Company.objects.get()
    assert (company.partner, company.name, company.external_id, company.reply_to) == (partner, "Riverside", None, None)
    assert company.is_live
    assert LogEntry.objects.get().object_id == str(company.pk)


def test_company_for_tests_is_created(admin_client, partner):
    given = {"partner": partner.pk, "name": "Riverside", "locale": "en", "time_zone": "UTC", "is_live": "False"}
    admin_client.post(reverse("admin:companies_company_add"), given)

    assert Company.objects.get().world == (partner.pk, False)


def test_company_keeps_its_partner(admin_client, company):
    partner = company.partner
    address = reverse("admin:companies_company_change", args=[company.pk])

    admin_client.post(
        address,
        {
            "partner": PartnerFactory().pk,
            "name": "Renamed",
            "locale": "en",
            "time_zone": "Europe/Berlin",
            "external_id": "7",
        },
    )

    company.refresh_from_db()
    assert (company.partner, company.name, company.external_id) == (partner, "Renamed", "7")
    assert company.time_zone == "Europe/Berlin"


def test_company_needs_a_name(admin_client, partner):
    response = admin_client.post(
        reverse("admin:companies_company_add"), {"partner": partner.pk, "locale": "en", "time_zone": "UTC"}
    )

    assert response.context["adminform"].form.errors["name"] == ["This field is required."]
    assert not Company.objects.exists()


def test_company_page_loads_no_sites(admin_client, company):
    Site.objects.bulk_create(Site(company=company, name=f"Site {n}") for n in range(1000))

    with CaptureQueriesContext(connection) as queries:
        shown = words(admin_client.get(reverse("admin:companies_company_change", args=[company.pk])))

    assert "Site 1" not in shown
    assert not [query for query in queries if 'FROM "companies_site"' in query["sql"]]


def test_site_is_created_and_changed(admin_client, company):
    admin_client.post(reverse("admin:companies_site_add"), {"company": company.pk, "name": "Plant"})
    site = Site.objects.get()
    admin_client.post(
        reverse("admin:companies_site_change", args=[site.pk]), {"name": "Plant 2", "address": "1 Mill Lane"}
    )

    site.refresh_from_db()
    assert (site.company, site.name, site.address) == (company, "Plant 2", "1 Mill Lane")


def found(client, name, term):
    return list(client.get(reverse(f"admin:companies_{name}_changelist"), {"q": term}).context["cl"].result_list)


def test_search_finds_company(admin_client, partner):
    CompanyFactory()
    company = CompanyFactory(name="Riverside Bakeries", external_id="crm-1", partner=partner)

    for term in ("riverside", "crm-1", company.pk):
        assert found(admin_client, "company", term) == [company], term


def test_search_finds_site(admin_client):
    SiteFactory(name="Shop")
    site = SiteFactory(name="Plant", company__name="Riverside")

    for term in ("plant", "riverside", site.pk):
        assert found(admin_client, "site", term) == [site], term


def test_sites_filter_by_company(admin_client):
    site, _ = SiteFactory(), SiteFactory()

    found = admin_client.get(reverse("admin:companies_site_changelist"), {"company": site.company_id})

    assert list(found.context["cl"].result_list) == [site]
    assert site.company.name in words(found)


def test_malformed_filter_is_dropped(admin_client, company):
    assert admin_client.get(reverse("admin:companies_site_changelist"), {"company": "nonsense"}).status_code == 302


def test_list_queries_do_not_grow(admin_client, partner):
    def grow(number):
        companies = Company.objects.bulk_create(Company(partner=partner, name=f"C{n}") for n in range(number))
        Site.objects.bulk_create(Site(company=company, name="S") for company in companies)
        ApiKey.objects.bulk_create(
            ApiKey(partner=partner, name="K", prefix="lk_x", secret_hash=company.pk.bytes) for company in companies
        )
        type(partner).objects.bulk_create(type(partner)(name=f"P{n}") for n in range(number))
        User.objects.bulk_create(User(email=f"{company.pk}@example.com") for company in companies)

    def queries(name):
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(reverse(f"admin:companies_{name}_changelist")).status_code == 200
        return len(captured)

    wanted = {"company": 5, "site": 5, "apikey": 5, "partner": 5, "user": 6}
    for number in (10, 990):
        grow(number)
        assert {name: queries(name) for name in wanted} == wanted


def test_field_errors_come_from_service(admin_client, partner):
    for field, value in (
        ("name", "li\x07ve"),
        ("external_id", "a\x07"),
        ("locale", "de_AT"),
        ("reply_to", "a@-b-.com"),
        ("time_zone", "Mars/Olympus"),
    ):
        given = {"partner": partner.pk, "name": "Riverside", "locale": "en", "time_zone": "UTC"} | {field: value}
        response = admin_client.post(reverse("admin:companies_company_add"), given)
        assert list(response.context["adminform"].form.errors) == [field]
    assert not Company.objects.exists()
