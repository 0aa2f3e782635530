"""The search in the header finds invitations, connections and companies by any beginning."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import CompanyFactory, DatasourceFactory, make_connection, make_invitation
from tests.invitations.admin.pages import address, limited_to, may, words

SEARCH = "admin:invitations_invitation_search"
VIEWS = ("view_invitation", "view_connection", "view_company")


def search(client, term, **options):
    return client.get(reverse(SEARCH), {"q": term}, **options)


def titles(response):
    assert response.status_code == 200
    return [match.title for group in response.context["found"] for match in group.matches]


def test_search_finds_by_any_beginning(admin_client):
    acme = CompanyFactory(name="Acme Mills", external_id="CRM-12")
    make_invitation(acme, allowed_emails=["anna.miller@example.com"], external_id="ORDER-4711")
    make_invitation(acme, allowed_emails=["ben@example.org", "anna@example.org"])
    make_connection(acme, datasource=DatasourceFactory(name="Octopus Energy"), owner_email="annabel@example.com")
    make_connection(
        acme, url="https://portal.utility.example/login", owner_email="zoe@example.net", external_id="METER-9"
    )
    anna, ben = "anna.miller@example.com, ORDER-4711, Acme Mills", "ben@example.org and 1 more, Acme Mills"
    annabel, zoe = (
        "Octopus Energy, Acme Mills, annabel@example.com",
        "portal.utility.example, METER-9, Acme Mills, zoe@example.net",
    )
    everything = [ben, anna, zoe, annabel, "Acme Mills"]
    cases = {
        "anna": [ben, anna, annabel],
        "acme": everything,
        "crm-1": everything,
        "MILLS": everything,
        "mill": everything,
        "example": [ben, anna, zoe, annabel],
        "nna": [],
        "nobody@example.com": [],
    }

    assert {term: titles(search(admin_client, term)) for term in cases} == cases
    only = {
        "ben@": ben,
        "anna mil": anna,
        "order-47": anna,
        "4711": anna,
        "octo": annabel,
        "portal.u": zoe,
        "meter": zoe,
    }
    assert {term: search(admin_client, term, follow=True).context["title"] for term in only} == only


def test_only_match_opens_at_once(admin_client, company):
    invitation = make_invitation(company, allowed_emails=["anna@example.com"])

    response = search(admin_client, "ann", follow=True)

    assert response.redirect_chain == [(address("change", invitation), 302)]
    assert "This is the only match for “ann”." in words(response)
    assert search(admin_client, invitation.url).url == address("change", invitation)


def test_search_shows_the_matching_address(admin_client, company):
    for _ in range(2):
        make_invitation(company, allowed_emails=["anna@example.com", "ben@example.com"])

    assert "<span>ben@example.com</span>" in words(search(admin_client, "Ben"))


def test_empty_search_says_what_was_searched(admin_client):
    page = words(search(admin_client, "<xyz>"))

    assert "No invitation, connection or company begins with “&lt;xyz&gt;”." in page
    assert "Addresses, external ids, providers, login pages and companies were searched." in page
    assert "Type any beginning of an address" in words(search(admin_client, " "))


def test_search_keeps_to_what_user_sees(client, company):
    other = CompanyFactory(name="Secretive Steelworks")
    make_invitation(other, allowed_emails=["anna@example.com"])
    make_connection(other, owner_email="anna@example.com")
    client.force_login(limited_to(company, perms=VIEWS))
    assert [titles(search(client, term)) for term in ("anna", "secretive")] == [[], []]

    client.force_login(may("view_company"))
    assert "No company begins with “anna”." in words(search(client, "anna"))
    assert search(client, "secretive").status_code == 302

    client.force_login(may("view_user"))
    assert search(client, "anna").status_code == 403


def test_header_offers_what_user_may(admin_client, client):
    invite = f'href="{reverse("admin:invitations_invitation_add")}">Invite</a>'

    def offered(staff):
        client.force_login(staff)
        page = words(client.get(reverse("admin:index")))
        return f'action="{reverse(SEARCH)}"' in page, invite in page

    assert offered(may(*VIEWS, "add_invitation")) == (True, True)
    assert offered(may("view_company")) == (True, False)
    assert offered(may("view_user")) == (False, False)


def test_search_query_count_does_not_grow(admin_client, company):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert len(titles(search(admin_client, "anna"))) > 1
        return len(captured)

    def grow(number):
        for at in range(number):
            make_invitation(company, allowed_emails=[f"anna{at}@example.com"])
            make_connection(company, owner_email=f"anna{at}@example.com")

    grow(1)
    queries()
    few = queries()
    grow(8)
    assert queries() == few
