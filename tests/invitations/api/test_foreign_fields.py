"""Bodies reject fields that the caller must not set, such as `useCount` or `revokedAt`."""

from typing import Any

from config.api.document import openapi_document
from tests.companies.api.test_permissions import everything
from tests.companies.refusals import wrong_fields
from tests.config.api.operations import Operation, component, operations, path_ids
from tests.conftest import Api
from tests.factories import CompanyFactory, make_full_key

# columns that no response contains
STORED: set[str] = {"partner", "partnerId", "tokenHash", "sealedToken", "isAutomatic", "proof", "credential", "sealed"}


def foreign_fields(operation: Operation) -> list[str]:
    """Every field of any response, and some columns, without those that this body accepts."""
    schemas = openapi_document()["components"]["schemas"].values()
    every = set().union(*(schema.get("properties", {}) for schema in schemas))
    own = component(operation.body["schema"]).get("properties", {}) if operation.body else {}
    return sorted((every | STORED) - set(own))


def test_bodies_reject_foreign_fields(db):
    company = CompanyFactory(is_live=False)  # all operations work with a test key
    caller: Any = Api(make_full_key(company)[1])
    ids = path_ids(company)
    before = everything()

    for operation in operations():
        if operation.method in ("get", "delete"):
            continue
        names = foreign_fields(operation)
        assert {"id", "useCount", "createdAt", "partner"} <= set(names)
        body = operation.example_body | dict.fromkeys(names)
        response = getattr(caller, operation.method)(operation.path(ids), body)
        assert sorted(wrong_fields(response)) == [f"/{name}" for name in names], operation

    assert everything() == before
