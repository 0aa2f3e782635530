"""Fields that are not the caller's are refused in every body: nobody counts, revokes or moves anything by naming it."""

from typing import Any

import pytest

from companies.models import Scope
from tests.companies.refusals import wrong_fields
from tests.conftest import Api
from tests.factories import SiteFactory, make_api_key, make_connection, make_invitation
from tests.invitations.api.operations import Operation, document, operations
from tests.invitations.api.test_strangers import everything

WITH_BODY = [each for each in operations() if each.method != "get"]
# what no answer has and a model does
STORED: set[str] = {"partner", "partnerId", "tokenHash", "sealedToken", "isAutomatic", "proof", "credential", "sealed"}


def properties(schema: dict[str, Any]) -> set[str]:
    """The names of a schema of the document, or of what it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found = document()["components"]["schemas"][name] if name else schema
    return set(found.get("properties", {}))


def foreign_fields(operation: Operation) -> list[str]:
    """Every name in any answer of the API, and some of our columns, but for what this body may say."""
    content = operation.described.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    every = set().union(*(properties(schema) for schema in document()["components"]["schemas"].values()))
    return sorted((every | STORED) - properties(body))


@pytest.fixture
def ids(company) -> dict[str, Any]:
    return {
        "company_id": company.pk,
        "site_id": SiteFactory(company=company).pk,
        "connection_id": make_connection(company).pk,
        "invitation_id": make_invitation(company, allowed_emails=["jane@example.com"]).pk,
    }


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_no_body_takes_a_field_that_is_not_the_callers(company, ids, operation):
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])
    names = foreign_fields(operation)
    assert {"id", "useCount", "createdAt", "partner"} <= set(names)
    before = everything()

    for name in names:
        call = getattr(caller.client, operation.method)
        body = (operation.example_body or {}) | {name: None}
        answer = call(f"/v2/{operation.path(ids)}", body, content_type="application/json")
        assert wrong_fields(answer) == [f"/{name}"], name

    assert everything() == before
