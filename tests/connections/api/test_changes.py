"""Changes, disabling and deletion of connections over the API."""

from uuid import uuid4

import pytest

from companies.actors import SYSTEM
from companies.models import Scope
from connections.models import Credential
from connections.services.credentials import read_credentials
from tests.companies.refusals import problem_in, wrong_fields
from tests.conftest import Api
from tests.connections.api.collector import create
from tests.factories import DatasourceFactory, SiteFactory, make_api_key, make_connection

pytestmark = pytest.mark.django_db

DETAILS = {
    "country": "DE",
    "utilityTypes": ["GAS"],
    "connectionOwnerEmail": "owner@example.com",
    "dataCollectionStartDate": "2024-01-31",
    "externalId": "meter-17",
    "metadata": {"floor": "2"},
}


def test_update_changes_what_is_sent(api, company):
    site = SiteFactory(company=company)
    made = create(api, company).json()

    changed = api.patch(f"connection/{made['id']}", DETAILS | {"siteIds": [str(site.pk)]}).json()
    cleared = api.patch(f"connection/{made['id']}", {"externalId": None, "metadata": None, "siteIds": []}).json()

    assert changed == made | DETAILS | {"siteIds": [str(site.pk)], "updatedAt": changed["updatedAt"]}
    assert (cleared["externalId"], cleared["metadata"], cleared["siteIds"]) == (None, {}, [])
    assert cleared["country"] == "DE"
    events = api.get(f"connection/{made['id']}/events").json()["events"]
    assert [event["detail"]["fields"] for event in events if event["type"] == "UPDATED"] == [
        ["externalId", "metadata", "siteIds"],
        sorted([*DETAILS, "siteIds"]),
    ]


def test_unchanged_update_is_not_logged(api, company):
    made = create(api, company, **DETAILS).json()

    assert api.patch(f"connection/{made['id']}", DETAILS).json() == made
    assert len(api.get(f"connection/{made['id']}/events").json()["events"]) == 1


def test_update_replaces_the_credentials(api, company):
    connection = make_connection(company, credentials={"username": "u", "password": "p", "account_number": "7"})
    path = f"connection/{connection.pk}"

    assert wrong_fields(api.patch(path, {"password": "new"})) == ["/username"]
    assert wrong_fields(api.patch(path, {"accountNumber": "8"})) == ["/username", "/password"]
    answer = api.patch(path, {"username": "v", "password": " new "})

    assert (answer.status_code, answer.json()["status"]) == (200, "PENDING")
    assert read_credentials(connection, by=SYSTEM) == (
        {"username": "v", "password": " new ", "account_number": "7"},
        2,
    )


def test_invalid_changes_are_named(api, company):
    connection = make_connection(company)
    bad = {"connectionOwnerEmail": "nobody", "dataCollectionStartDate": "1919-01-01"}

    assert wrong_fields(api.patch(f"connection/{connection.pk}", bad)) == [
        "/connectionOwnerEmail",
        "/dataCollectionStartDate",
    ]
    assert wrong_fields(api.patch(f"connection/{connection.pk}", {"url": "https://x.example.com"})) == ["/url"]


def test_archived_sites_stay_on_a_connection(api, company):
    site = SiteFactory(company=company)
    made = create(api, company, siteIds=[str(site.pk)]).json()
    api.post(f"site/{site.pk}/archive")

    assert api.patch(f"connection/{made['id']}", {"siteIds": [str(site.pk)]}).json()["siteIds"] == [str(site.pk)]
    assert wrong_fields(create(api, company, siteIds=[str(site.pk)])) == ["/siteIds/0"]


def test_connections_are_found_by_external_id(api, company):
    wanted = create(api, company, externalId="meter-17").json()
    create(api, company, externalId="meter-18")

    found = api.get(f"connection/company/{company.pk}", {"externalId": "meter-17"}).json()["connections"]

    assert found == [wanted]


def test_disabled_connection_stays_listed(api, company):
    connection = make_connection(company)

    disabled = api.post(f"connection/{connection.pk}/disable", {"reason": "Sold"}).json()

    assert (disabled["status"], disabled["statusErrorDetail"]) == ("DISABLED", "Sold")
    assert api.get(f"connection/company/{company.pk}", {"status": "DISABLED"}).json()["connections"] == [disabled]
    assert Credential.objects.get().is_deleted


def test_deleted_connection_leaves_its_events(api, company, stranger):
    connection = make_connection(company)
    path = f"connection/{connection.pk}"

    deleted = api.delete(path)

    assert (deleted.status_code, deleted.json()["status"]) == (200, "DISABLED")
    assert deleted.json()["deletedAt"]
    assert problem_in(api.delete(path), 404)
    assert problem_in(api.get(f"{path}/details"), 404)
    assert problem_in(api.post(f"invitation/{path}"), 404)
    assert api.get(f"connection/company/{company.pk}").json()["connections"] == []
    assert api.get(f"{path}/events").json()["events"][0]["type"] == "DELETED"
    assert problem_in(stranger.get(f"{path}/events"), 404)


def test_repair_invitations_are_in_the_log(api, company):
    connection = make_connection(company)
    invitation = api.post(f"invitation/connection/{connection.pk}").json()

    event = api.get(f"connection/{connection.pk}/events").json()["events"][0]

    assert (event["type"], event["actor"]) == ("REPAIR_INVITED", "PARTNER")
    assert event["detail"] == {"invitationId": invitation["id"], "isAutomatic": False}


def test_texts_of_a_report_are_apart(company):
    connection = make_connection(company)
    collector = Api(make_api_key(company.partner, scopes=[Scope.CONNECTIONS_STATUS, Scope.CONNECTIONS_READ])[1])
    texts = {"statusErrorDetail": "HTTP 403 from proxy 7", "contributorMessage": "Please use your new password."}

    said = collector.post(f"connection/{connection.pk}/status", {"status": "PASSWORD_INCORRECT", **texts}).json()
    kept = collector.post(f"connection/{connection.pk}/status", {"status": "PASSWORD_INCORRECT"}).json()

    assert {name: said[name] for name in texts} == {name: kept[name] for name in texts} == texts
    history = collector.get(f"connection/{connection.pk}/details").json()["statusHistory"]
    assert {name: history[-1][name] for name in texts} == texts
    longer = {"status": "CONNECTED", "contributorMessage": "x" * 501}
    assert wrong_fields(collector.post(f"connection/{connection.pk}/status", longer)) == ["/contributorMessage"]


def test_company_activity_over_the_api(api, company):
    connection = make_connection(company)
    path = f"company/{company.pk}"

    assert api.get(path).json()["isActive"] is True
    assert api.patch(path, {"isActive": False}).json()["isActive"] is False
    assert api.get(f"connection/{connection.pk}/details").json()["status"] == "COMPANY_INACTIVE"
    assert problem_in(api.post(f"invitation/{path}"), 409)["code"] == "COMPANY_INACTIVE"
    assert wrong_fields(api.patch(path, {"isActive": None})) == ["/isActive"]
    assert api.patch(path, {"isActive": True}).status_code == 200
    assert api.get(f"connection/{connection.pk}/details").json()["status"] == "PENDING"


def test_all_errors_are_reported_at_once(api, company):
    provider = DatasourceFactory(asks_for=["account_number"])
    wrong = {"siteIds": [str(uuid4())], "connectionOwnerEmail": "x"}
    login = {"username": "u", "password": "p"}
    bodies = (wrong | {"url": "https://localhost", "foo": 1}, wrong | login | {"datasourceId": str(provider.pk)})
    bodies = (*bodies, login | {"datasourceId": str(uuid4())})
    named = [sorted(wrong_fields(api.post(f"connection/company/{company.pk}", body))) for body in bodies]

    assert named == [
        ["/connectionOwnerEmail", "/foo", "/password", "/siteIds/0", "/url", "/username"],
        ["/accountNumber", "/connectionOwnerEmail", "/siteIds/0"],
        ["/datasourceId"],
    ]
    changed = api.patch(f"connection/{make_connection(company).pk}", wrong | {"foo": 1})
    assert sorted(wrong_fields(changed)) == ["/connectionOwnerEmail", "/foo", "/siteIds/0"]


def test_null_field_beside_error_is_omitted(api, company):
    names = ("utilityTypes", "country", "connectionOwnerEmail", "dataCollectionStartDate", "externalId", "metadata")
    body = dict.fromkeys(names) | {"url": "https://x.example.com", "username": "me", "password": ""}

    assert wrong_fields(api.post(f"connection/company/{company.pk}", body)) == ["/password"]
