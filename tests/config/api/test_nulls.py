"""Bodies of creations: null means omitted."""

from typing import Any

from companies.models import Scope
from tests.config.api.operations import operations, path_ids
from tests.config.api.schemas import resolved
from tests.conftest import Api
from tests.factories import make_api_key

REQUIRED: dict[str, dict[str, Any]] = {
    "createCompany": {"name": "Bakery"},
    "createSite": {"name": "Roof"},
    "createConnection": {"url": "https://utility.example.com", "username": "u", "password": "p"},
    "createInvitation": {},
    "createRepairInvitation": {},
}
OPERATIONS = {each.schema["operationId"]: each for each in operations() if "201" in each.schema["responses"]}
GENERATED = {"id", "createdAt", "updatedAt", "token", "invitationUrl"}


def without_generated(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in GENERATED}


def test_null_means_omitted(company):
    assert OPERATIONS.keys() == REQUIRED.keys()
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])
    ids = path_ids(company)
    for name, operation in OPERATIONS.items():
        path, required = operation.path(ids), REQUIRED[name]
        schema = resolved(operation.body["schema"])
        nulls = dict.fromkeys(schema["properties"].keys() - required.keys())

        with_nulls, without = caller.post(path, required | nulls), caller.post(path, required)

        assert (with_nulls.status_code, without.status_code) == (201, 201), with_nulls.content
        assert nulls
        assert all(schema["properties"][field].get("nullable") for field in nulls)
        assert without_generated(with_nulls.json()) == without_generated(without.json())


def test_required_fields_reject_null(company):
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])
    ids = path_ids(company)
    for name, required in REQUIRED.items():
        for field in required.keys() - {"url"}:
            (error,) = caller.post(OPERATIONS[name].path(ids), required | {field: None}).json()["errors"]
            assert (error["pointer"], error["code"]) == (f"/{field}", "NULL")
