"""What one may choose from: a page at a time, found by typing, and only what belongs together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.models import Company, Site
from tests.factories import CompanyFactory, DatasourceFactory, PartnerFactory, SiteFactory, make_connection
from tests.invitations.admin.inviting import ADD, OFFERS, answers, offered
from tests.invitations.admin.pages import NO_ID, may, words


def test_companies_are_found_by_part_of_their_name_the_partners_id_or_a_whole_id(admin_client):
    partner = PartnerFactory(name="Northwind")
    bakery = CompanyFactory(name="Riverside Bakeries", partner=partner, external_id="R-1")
    CompanyFactory(name="Hillside Mill", partner=partner)
    CompanyFactory(name="Hillside Mill", partner__name="Hillside Mill")

    for term in ("river", "BAKERIES", " side b ", "R-1", str(bakery.pk)):
        assert offered(admin_client, "company", term=term) == (["Riverside Bakeries (Northwind)"], False)
    assert offered(admin_client, "company", term="mill")[0] == ["Hillside Mill", "Hillside Mill (Northwind)"]
    assert offered(admin_client, "company", term="%\x00") == ([], False)


def test_sites_are_those_of_the_company(admin_client, company):
    SiteFactory(name="Elsewhere", company__partner=company.partner)
    SiteFactory(company=company, name="Main bakery", address="1 High Street")
    SiteFactory(company=company, name="Cold store")

    assert offered(admin_client, "site", company=company.pk)[0] == ["Cold store", "Main bakery, 1 High Street"]
    assert offered(admin_client, "site", company=company.pk, term="main")[0] == ["Main bakery, 1 High Street"]
    assert offered(admin_client, "site", company=company.pk, term="elsewhere")[0] == []
    assert offered(admin_client, "site")[0] == []


def test_connections_are_those_of_the_company_by_provider_page_and_owner(admin_client, company):
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


def test_providers_are_found_as_the_contributor_finds_them(admin_client):
    DatasourceFactory(name="Électricité de France", country="FR", login_url="https://edf.example.com/login")
    DatasourceFactory(name="Other")

    assert offered(admin_client, "provider", term="electricite fr")[0] == [
        "Électricité de France, FR – edf.example.com"
    ]
    assert offered(admin_client, "provider", term="lektricite")[0] == ["Électricité de France, FR – edf.example.com"]


def test_redirects_are_those_of_the_companys_partner(admin_client, company):
    company.partner.redirect_urls = ["https://northwind.example/thanks", "https://northwind.example/done"]
    company.partner.save()
    PartnerFactory(redirect_urls=["https://elsewhere.example/"])

    assert offered(admin_client, "redirect", company=company.pk, term="thanks")[0] == [
        "https://northwind.example/thanks"
    ]
    assert len(offered(admin_client, "redirect", company=company.pk)[0]) == 2
    assert offered(admin_client, "redirect")[0] == []


def test_they_come_a_page_at_a_time(admin_client, company):
    Site.objects.bulk_create(Site(company=company, name=f"Site {n:02}") for n in range(45))

    pages = [offered(admin_client, "site", company=company.pk, page=number) for number in (1, 2, 3, 4, 10**30)]

    assert [(len(texts), more) for texts, more in pages] == [(20, True), (20, True), (5, False), (0, False), (0, False)]
    assert sorted(text for texts, _ in pages for text in texts) == [f"Site {n:02}" for n in range(45)]


@pytest.mark.parametrize(
    "query",
    [{"kind": "user"}, {}, {"kind": "site", "company": NO_ID}, {"kind": "site", "company": "x"}]
    + [{"kind": "company", "page": page} for page in ("x", "-1", "1.5", "")],
)
def test_nothing_else_is_there(admin_client, db, query):
    assert admin_client.get(OFFERS, query).status_code == 404


def test_only_whoever_may_add_invitations_is_offered_something(client, company):
    client.force_login(may("view_invitation", "view_company"))
    assert client.get(OFFERS, {"kind": "company"}).status_code == 403

    client.force_login(may("add_invitation"))
    assert len(offered(client, "company")[0]) == 1


def test_somebody_who_is_limited_is_offered_their_companies_and_what_is_theirs(client, company):
    other = CompanyFactory()
    SiteFactory(company=other)
    user = may("add_invitation")
    user.is_limited = True
    user.save()
    user.companies.set([company])
    client.force_login(user)

    assert [text.partition(" (")[0] for text in offered(client, "company")[0]] == [company.name]
    assert offered(client, "company", term=other.name)[0] == []
    for kind in ("site", "connection", "redirect"):
        assert client.get(OFFERS, {"kind": kind, "company": other.pk}).status_code == 404


def test_offers_ask_as_little_of_many_rows_as_of_few(admin_client, company):
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
    grow(990)
    assert [queries(kind) for kind in kinds] == few
    assert few == [6, 6, 7, 4]


# Without JavaScript, a button shows what belongs to the company and keeps what was typed.


def show(client, company, **fields):
    return words(client.post(ADD, answers(company, **fields) | {"_show": "company"}))


def test_a_button_shows_what_belongs_to_the_company_and_keeps_what_was_typed(admin_client, company):
    site, broken = SiteFactory(company=company), make_connection(company)

    page = show(admin_client, company, message="Half a", allowed_emails="nons", expires="date", uses="number")

    assert f'<option value="{site.pk}">' in page
    assert f'<option value="{broken.pk}">' in page
    assert "Half a</textarea>" in page
    assert "nons</textarea>" in page
    assert "errorlist" not in page
    assert "errornote" not in page


def test_it_finds_what_was_looked_for(admin_client, company):
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


def test_what_was_chosen_of_another_company_is_let_go(admin_client, company):
    site = SiteFactory(name="Elsewhere")

    assert "Elsewhere" not in show(admin_client, company, sites=[site.pk, "nonsense"], connection=NO_ID)


def test_showing_makes_nothing(admin_client, company):
    show(admin_client, company)
    assert not company.invitations.exists()
