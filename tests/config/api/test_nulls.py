"""Bodies of creations: null means omitted."""

from typing import Any

from tests.config.api.operations import component, operations, path_ids
from tests.config.api.schemas import schema_errors
from tests.conftest import Api
from tests.factories import make_full_key

REQUIRED: dict[str, dict[str, Any]] = {
    "createCompany": {"name": "Bakery"},
    "createSite": {"name": "Roof"},
    "createConnection": {"url": "https://utility.example.com", "username": "u", "password": "p"},
    "createInvitation": {},
    "createRepairInvitation": {},
    "createWebhook": {"url": "https://hooks.example.com/latchkey"},
}
OPERATIONS = {each.schema["operationId"]: each for each in operations() if "201" in each.schema["responses"]}
GENERATED = {"id", "createdAt", "updatedAt", "token", "invitationUrl", "secret"}


def without_generated(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in GENERATED}


def test_null_means_omitted(company):
    assert OPERATIONS.keys() == REQUIRED.keys()
    caller = Api(make_full_key(company)[1])
    ids = path_ids(company)
    for name, operation in OPERATIONS.items():
        path, required = operation.path(ids), REQUIRED[name]
        schema = component(operation.body["schema"])
        nulls = dict.fromkeys(schema["properties"].keys() - required.keys())

        with_nulls, without = caller.post(path, required | nulls), caller.post(path, required)

        assert (with_nulls.status_code, without.status_code) == (201, 201), with_nulls.content
        assert nulls
        assert [schema_errors(schema["properties"][field], None) for field in nulls] == [[]] * len(nulls)
        assert without_generated(with_nulls.json()) == without_generated(without.json())


def test_nulls_beside_errors_are_omitted(company):
    caller = Api(make_full_key(company)[1])
    ids = path_ids(company)
    for name, required in REQUIRED.items():
        schema = component(OPERATIONS[name].body["schema"])
        nulls = dict.fromkeys(schema["properties"].keys() - required.keys())

        answer = caller.post(OPERATIONS[name].path(ids), required | nulls | {"unknown": 1})

        assert [error["pointer"] for error in answer.json()["errors"]] == ["/unknown"], name


def test_required_fields_reject_null(company):
    caller = Api(make_full_key(company)[1])
    ids = path_ids(company)
    for name, required in REQUIRED.items():
        for field in required.keys() - {"url"}:
            (error,) = caller.post(OPERATIONS[name].path(ids), required | {field: None}).json()["errors"]
            assert (error["pointer"], error["code"]) == (f"/{field}", "NULL")
