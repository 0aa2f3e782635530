"""In a body that creates, null is the same as not given."""

import pytest

from tests.factories import make_connection
from tests.invitations.api.operations import operations
from tests.invitations.api.test_openapi import resolved

CREATING = {
    "createCompany": {"name": "Bakery"},
    "createSite": {"name": "Roof"},
    "createConnection": {"url": "https://utility.example.com", "username": "u", "password": "p"},
    "createInvitation": {},
    "createRepairInvitation": {},
}
OPERATIONS = {each.described["operationId"]: each for each in operations()}
OF_ITS_OWN = {"id", "createdAt", "updatedAt", "token", "invitationUrl"}


def test_these_are_all_that_create():
    created = {name for name, each in OPERATIONS.items() if "201" in each.described["responses"]}

    assert created == set(CREATING)


@pytest.mark.parametrize("name", CREATING)
def test_null_is_the_same_as_not_given(api, company, name):
    operation, least = OPERATIONS[name], CREATING[name]
    path = operation.path({"company_id": company.pk, "connection_id": make_connection(company).pk})
    schema = resolved(operation.described["requestBody"]["content"]["application/json"]["schema"])
    nulls = dict.fromkeys(schema["properties"].keys() - least.keys())

    with_nulls, without = api.post(path, least | nulls), api.post(path, least)

    assert (with_nulls.status_code, without.status_code) == (201, 201), with_nulls.content
    assert nulls
    assert all(schema["properties"][field].get("nullable") for field in nulls)
    first, second = with_nulls.json(), without.json()
    assert {field: first[field] for field in first.keys() - OF_ITS_OWN} == {
        field: second[field] for field in second.keys() - OF_ITS_OWN
    }


@pytest.mark.parametrize("name", CREATING)
def test_but_not_where_something_must_be_given(api, company, name):
    operation, least = OPERATIONS[name], CREATING[name]
    path = operation.path({"company_id": company.pk, "connection_id": make_connection(company).pk})

    for field in least.keys() - {"url"}:
        refused = api.post(path, least | {field: None}).json()["errors"]
        assert [(each["pointer"], each["code"]) for each in refused] == [(f"/{field}", "NULL")]
