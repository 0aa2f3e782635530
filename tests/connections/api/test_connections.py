"""Creation and lists of connections."""

from uuid import uuid4

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from connections.models import Connection
from connections.models.status import Status
from connections.services.connections import report_status
from connections.services.credentials import read_credentials
from tests.companies.refusals import problem_in, wrong_fields
from tests.connections.api.collector import SECRETS, create
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, make_connection, make_invitation
from tests.invitations.answers import saved

pytestmark = pytest.mark.django_db

DETAILS = {
    "country": "DE",
    "utilityTypes": ["GAS", "WATER"],
    "connectionOwnerEmail": "owner@example.com",
    "dataCollectionStartDate": "2024-01-31",
    "externalId": "meter-17",
    "metadata": {"floor": "2"},
}


def listed(api, company, **query):
    answer = api.get(f"connection/company/{company.pk}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(api, company, **query):
    return [each["id"] for each in listed(api, company, **query)["connections"]]


# --- create


def test_create_by_login_page(api, company):
    sites = SiteFactory.create_batch(2, company=company)

    answer = create(api, company, siteIds=[str(site.pk) for site in sites], **DETAILS)

    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said | {"siteIds": sorted(said["siteIds"])} == {
        "id": said["id"],
        "companyId": str(company.pk),
        "datasourceId": None,
        "datasourceName": "portal.example.com",
        "url": "https://portal.example.com/login",
        "status": "PENDING",
        "statusErrorDetail": None,
        "siteIds": sorted(str(site.pk) for site in sites),
        "verifiedEmail": None,
        "invitationId": None,
        "contributorMessage": None,
        **DETAILS,
        "deletedAt": None,
        "createdAt": said["createdAt"],
        "updatedAt": said["updatedAt"],
    }
    credentials, version = read_credentials(Connection.objects.get(pk=said["id"]), by=SYSTEM)
    assert list(credentials.values()) == list(SECRETS.values())
    assert version == 1


def test_create_by_provider(api, company):
    datasource = DatasourceFactory(country="FR")

    said = create(api, company, datasourceId=str(datasource.pk)).json()

    assert (said["datasourceId"], said["datasourceName"]) == (str(datasource.pk), datasource.name)
    assert (said["url"], said["country"]) == (datasource.login_url, "FR")


def test_invalid_fields_are_named(api, company):
    for wrong, pointer in [
        ({"username": None}, "/username"),
        ({"username": "   "}, "/username"),
        ({"password": ""}, "/password"),
        ({"password": 12345}, "/password"),
        ({"username": "x" * 255}, "/username"),
        ({"datasourceId": "7"}, "/datasourceId"),
        ({"datasourceId": str(uuid4())}, "/datasourceId"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"url": "https://127.0.0.1/login"}, "/url"),
        ({"url": None}, "/datasourceId"),
        ({"country": "XX"}, "/country"),
        ({"utilityTypes": ["STEAM"]}, "/utilityTypes/0"),
        ({"siteIds": ["7"]}, "/siteIds/0"),
        ({"connectionOwnerEmail": "no address"}, "/connectionOwnerEmail"),
        ({"connectionOwnerEmail": "a@example.com\nBcc: b@example.com"}, "/connectionOwnerEmail"),
        ({"dataCollectionStartDate": "31.1.2024"}, "/dataCollectionStartDate"),
        ({"status": "CONNECTED"}, "/status"),
        ({"verifiedEmail": "a@example.com"}, "/verifiedEmail"),
        ({"userName": "x"}, "/userName"),
        ({"accountNumber": "x" * 101}, "/accountNumber"),
        ({"securityAnswers": [{"question": "Pet?", "answer": "Rex"}]}, "/securityAnswers"),
        ({"securityAnswers": [{"question": "Pet?"}]}, "/securityAnswers/0/answer"),
        ({"securityAnswers": [{"question": "", "answer": "Rex"}]}, "/securityAnswers/0/question"),
        ({"securityAnswers": [{"question": "Pet?", "answer": "Rex", "hint": "dog"}]}, "/securityAnswers/0/hint"),
        ({"securityAnswers": [{"question": "Pet?", "answer": "Rex"}] * 11}, "/securityAnswers"),
    ]:
        assert wrong_fields(create(api, company, **wrong)) == [pointer]
        assert not Connection.objects.exists()


@pytest.mark.parametrize("name", ["accountNumber", "securityAnswer", "authenticatorSeed"])
def test_credentials_of_provider_are_required(api, company, name):
    asks_for = {"accountNumber": "account_number", "securityAnswer": "security_answer"}
    datasource = DatasourceFactory(asks_for=[asks_for.get(name, "authenticator_seed")])
    (asked,) = api.get("datasource").json()["datasources"][0]["asksFor"]
    body = {"datasourceId": str(datasource.pk), "username": "u", "password": "p"}

    answer = api.post(f"connection/company/{company.pk}", body)

    assert asked == name
    assert wrong_fields(answer) == [f"/{name}"]
    assert answer.json()["errors"][0]["code"] == "REQUIRED"
    assert not Connection.objects.exists()
    assert api.post(f"connection/company/{company.pk}", body | {asked: "given"}).status_code == 201


def test_provider_and_login_page_exclude_each_other(api, company):
    answer = create(api, company, datasourceId=str(DatasourceFactory().pk), url="https://portal.example.com")

    assert wrong_fields(answer) == ["/datasourceId"]


def test_site_of_another_company_is_rejected(api, company):
    ours = SiteFactory(company=company)
    theirs = SiteFactory(company=CompanyFactory(partner=company.partner))

    answer = create(api, company, siteIds=[str(ours.pk), str(theirs.pk)])

    assert wrong_fields(answer) == ["/siteIds/1"]
    assert not Connection.objects.exists()


def test_retry_creates_one_connection(api, company):
    body = {"url": "https://portal.example.com/login", **SECRETS}
    path = f"connection/company/{company.pk}"

    first, again = (api.post(path, body, Idempotency_Key="k") for _ in range(2))

    assert again.json() == first.json()
    assert Connection.objects.count() == 1


# --- list


def test_list_newest_first(api, company):
    made = [make_connection(company) for _ in range(3)]
    make_connection(CompanyFactory(partner=company.partner))

    assert ids(api, company) == [str(each.pk) for each in reversed(made)]


def test_list_filters_by_status(api, company):
    made = {status: make_connection(company) for status in ("PENDING", "CONNECTED", "WEBSITE_DOWN")}
    for status in ("CONNECTED", "WEBSITE_DOWN"):
        report_status(made[status], Status(status), by=SYSTEM)

    assert ids(api, company, status="PENDING") == [str(made["PENDING"].pk)]
    assert set(ids(api, company, status=["CONNECTED", "WEBSITE_DOWN"])) == {
        str(made["CONNECTED"].pk),
        str(made["WEBSITE_DOWN"].pk),
    }
    assert ids(api, company, status="OTHER_ERROR") == []


def test_list_filters_by_owner_in_any_case(api, company):
    ours = make_connection(company, owner_email="Owner@Example.com")
    make_connection(company, owner_email="another-owner@example.com")

    assert ids(api, company, connectionOwnerEmail="owner@example.COM") == [str(ours.pk)]
    assert ids(api, company, connectionOwnerEmail="wner@example.com") == []


def test_list_normalizes_the_owner(api, company):
    ours = make_connection(company, owner_email="A@Bücher.example")

    for given in ("A@Bücher.example", "a@xn--bcher-kva.example"):
        assert ids(api, company, connectionOwnerEmail=given) == [str(ours.pk)]


def test_list_filters_by_site(api, company):
    here, there = SiteFactory.create_batch(2, company=company)
    both = make_connection(company, sites=[here, there])
    make_connection(company, sites=[there])

    assert ids(api, company, site=str(here.pk)) == [str(both.pk)]
    assert ids(api, company, site=str(uuid4())) == []


def test_list_filters_by_invitation(api, company):
    invitation = make_invitation(company)
    made = saved(Client(), invitation)
    make_connection(company)

    (said,) = listed(api, company, invitationId=str(invitation.pk))["connections"]

    assert (said["id"], said["invitationId"]) == (str(made.pk), str(invitation.pk))


def test_list_combines_filters(api, company):
    site = SiteFactory(company=company)
    ours = make_connection(company, sites=[site], owner_email="a@example.com")
    make_connection(company, sites=[site])

    assert ids(api, company, site=str(site.pk), connectionOwnerEmail="a@example.com", status="PENDING") == [
        str(ours.pk)
    ]


def test_list_rejects_invalid_parameters(api, company):
    for query in [
        {"status": "FINE"},
        {"connectionOwnerEmail": "nope"},
        {"site": "7"},
        {"invitationId": "7"},
        {"limit": 0},
        {"limit": 101},
        {"cursor": "x"},
        {"Status": "PENDING"},
        {"offset": 5},
    ]:
        (name,) = query
        assert wrong_fields(api.get(f"connection/company/{company.pk}", query)) == [f"?{name}"]


def test_pages_ignore_new_connections(api, company):
    made = [str(make_connection(company).pk) for _ in range(7)]
    walked, cursor = [], {}
    while True:
        page = listed(api, company, limit=3, **cursor)
        assert page["perPage"] == 3
        walked += [each["id"] for each in page["connections"]]
        make_connection(company)
        if not page["hasNext"]:
            assert page["nextCursor"] is None
            break
        cursor = {"cursor": page["nextCursor"]}

    assert walked == list(reversed(made))


def test_list_runs_a_constant_number_of_queries(api, company):
    datasource, site = DatasourceFactory(), SiteFactory(company=company)

    def grow(number):
        made = Connection.objects.bulk_create(Connection(company=company, datasource=datasource) for _ in range(number))
        through = Connection.sites.through
        through.objects.bulk_create(through(connection_id=each.pk, site_id=site.pk) for each in made)

    def queries(**query):
        with CaptureQueriesContext(database) as captured:
            assert len(ids(api, company, limit=100, **query)) >= 10
        return len(captured)

    grow(10)
    queries()  # the first request of a minute stores the use of the key
    few = [queries(), queries(site=str(site.pk)), queries(status="PENDING")]
    grow(190)
    assert [queries(), queries(site=str(site.pk)), queries(status="PENDING")] == few
    assert max(few) <= 4


# --- details


def test_connections_of_other_partners_give_404(stranger, company):
    connection = make_connection(company)

    problem_in(stranger.get(f"connection/{connection.pk}/details"), 404)
    problem_in(stranger.get(f"connection/company/{company.pk}"), 404)
    problem_in(create(stranger, company), 404)
