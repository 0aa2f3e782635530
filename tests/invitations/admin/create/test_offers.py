"""Offers of the form: searched, page by page, and limited to the chosen company."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.models import Company, Site
from tests.factories import CompanyFactory, DatasourceFactory, PartnerFactory, SiteFactory, make_connection
from tests.invitations.admin.create.pages import ADD, OFFERS, form_data, offered
from tests.invitations.admin.pages import NO_ID, limited_to, may, words


def test_companies_are_found_by_name_or_id(admin_client):
    partner = PartnerFactory(name="Northwind")
    bakery = CompanyFactory(name="Riverside Bakeries", partner=partner, external_id="R-1")
    CompanyFactory(name="Hillside Mill", partner=partner)
    CompanyFactory(name="Hillside Mill", partner__name="Hillside Mill")

    for term in ("river", "BAKERIES", " side b ", "R-1", str(bakery.pk)):
        assert offered(admin_client, "company", term=term) == (["Riverside Bakeries (Northwind)"], False)
    assert offered(admin_client, "company", term="mill")[0] == ["Hillside Mill", "Hillside Mill (Northwind)"]
    assert offered(admin_client, "company", term="%\x00") == ([], False)


def test_sites_belong_to_the_company(admin_client, company):
    SiteFactory(name="Elsewhere", company__partner=company.partner)
    SiteFactory(company=company, name="Main bakery", address="1 High Street")
    SiteFactory(company=company, name="Cold store")

    assert offered(admin_client, "site", company=company.pk)[0] == ["Cold store", "Main bakery, 1 High Street"]
    assert offered(admin_client, "site", company=company.pk, term="main")[0] == ["Main bakery, 1 High Street"]
    assert offered(admin_client, "site", company=company.pk, term="elsewhere")[0] == []
    assert offered(admin_client, "site")[0] == []


def test_connections_belong_to_the_company(admin_client, company):
    make_connection()
    water = make_connection(company, datasource=DatasourceFactory(name="Acme Water"), owner_email="o@example.com")
    page = make_connection(company, url="https://portal.example.com/login")
    since = f"since {water.created_at:%Y-%m-%d}"
    texts = {
        water: f"Acme Water – {water.get_status_display()}, o@example.com, {since}",
        page: f"portal.example.com – {page.get_status_display()}, {since}",
    }

    assert offered(admin_client, "connection", company=company.pk)[0] == [texts[page], texts[water]]
    for term, found in (("acme", water), ("wat", water), ("o@ex", water), ("portal", page), (str(page.pk), page)):
        assert offered(admin_client, "connection", company=company.pk, term=term)[0] == [texts[found]]
    assert offered(admin_client, "connection")[0] == []


def test_providers_are_found_without_accents(admin_client):
    DatasourceFactory(name="Électricité de France", country="FR", login_url="https://edf.example.com/login")
    DatasourceFactory(name="Other")

    assert offered(admin_client, "provider", term="electricite fr")[0] == [
        "Électricité de France, FR – edf.example.com"
    ]
    assert offered(admin_client, "provider", term="lektricite")[0] == ["Électricité de France, FR – edf.example.com"]


def test_redirects_belong_to_the_partner(admin_client, company):
    company.partner.redirect_urls = ["https://northwind.example/thanks", "https://northwind.example/done"]
    company.partner.save()
    PartnerFactory(redirect_urls=["https://elsewhere.example/"])

    assert offered(admin_client, "redirect", company=company.pk, term="thanks")[0] == [
        "https://northwind.example/thanks"
    ]
    assert len(offered(admin_client, "redirect", company=company.pk)[0]) == 2
    assert offered(admin_client, "redirect")[0] == []


def test_offers_come_in_pages(admin_client, company):
    Site.objects.bulk_create(Site(company=company, name=f"Site {n:02}") for n in range(45))

    pages = [offered(admin_client, "site", company=company.pk, page=number) for number in (1, 2, 3, 4, 10**30)]

    assert [(len(texts), more) for texts, more in pages] == [(20, True), (20, True), (5, False), (0, False), (0, False)]
    assert sorted(text for texts, _ in pages for text in texts) == [f"Site {n:02}" for n in range(45)]


def test_malformed_query_is_not_found(admin_client):
    queries = [
        {"kind": "user"},
        {},
        {"kind": "site", "company": NO_ID},
        {"kind": "site", "company": "x"},
        *({"kind": "company", "page": page} for page in ("x", "-1", "1.5", "")),
    ]

    assert [query for query in queries if admin_client.get(OFFERS, query).status_code != 404] == []


def test_offers_need_the_add_permission(client, company):
    client.force_login(may("view_invitation", "view_company"))
    assert client.get(OFFERS, {"kind": "company"}).status_code == 403

    client.force_login(may("add_invitation"))
    assert len(offered(client, "company")[0]) == 1


def test_limited_user_gets_own_offers(client, company):
    other = CompanyFactory()
    SiteFactory(company=other)
    client.force_login(limited_to(company, perms=["add_invitation"]))

    assert [text.partition(" (")[0] for text in offered(client, "company")[0]] == [company.name]
    assert offered(client, "company", term=other.name)[0] == []
    for kind in ("site", "connection", "redirect"):
        assert client.get(OFFERS, {"kind": kind, "company": other.pk}).status_code == 404


def test_offers_query_count_does_not_grow(admin_client, company):
    def grow(number):
        Site.objects.bulk_create(Site(company=company, name=f"Place {n}") for n in range(number))
        Company.objects.bulk_create(Company(partner=company.partner, name=f"Place {n}") for n in range(number))
        for _ in range(number // 10):
            make_connection(company, url="https://place.example.com")

    def queries(kind):
        with CaptureQueriesContext(connection) as captured:
            offered(admin_client, kind, company=company.pk, term="place")
        return len(captured)

    kinds = ("company", "site", "connection", "redirect")
    grow(10)
    few = [queries(kind) for kind in kinds]
    grow(190)
    assert [queries(kind) for kind in kinds] == few
    assert few == [6, 6, 7, 4]


def show(client, company, **fields):
    return words(client.post(ADD, form_data(company, **fields) | {"_show": "company"}))


def test_show_button_keeps_the_input(admin_client, company):
    site, broken = SiteFactory(company=company), make_connection(company)

    page = show(admin_client, company, message="Half a", allowed_emails="nons", expires="date", uses="number")

    assert f'<option value="{site.pk}">' in page
    assert f'<option value="{broken.pk}">' in page
    assert "Half a</textarea>" in page
    assert "nons</textarea>" in page
    assert "errorlist" not in page
    assert "errornote" not in page


def test_find_buttons_search_without_javascript(admin_client, company):
    for n in range(25):
        SiteFactory(company=company, name=f"Place {n}")
        CompanyFactory(name=f"Other {n}")
        DatasourceFactory(name=f"Zeta {n}")
    first = Site.objects.earliest("pk")

    assert f'value="{first.pk}"' not in show(admin_client, company)
    page = show(admin_client, company, find_sites="Place 0", find_company="Other 0", find_provider="Zeta 24")
    assert f'<option value="{first.pk}">Place 0</option>' in page
    assert ">Other 0 (" in page
    assert ">Zeta 24, GB – " in page
    assert f'<option value="{company.pk}" selected>' in page


def test_show_drops_rows_of_other_companies(admin_client, company):
    site = SiteFactory(name="Elsewhere")

    assert "Elsewhere" not in show(admin_client, company, sites=[site.pk, "nonsense"], connection=NO_ID)


def test_show_button_creates_nothing(admin_client, company):
    show(admin_client, company)
    assert not company.invitations.exists()
