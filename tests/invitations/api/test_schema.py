"""What the API answers to anything that its OpenAPI document allows, or does not allow, is what the document says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from companies.models import Company, Scope
from config.wsgi import application
from tests.factories import SiteFactory, make_api_key, make_connection, make_invitation
from tests.invitations.api.operations import document

DOCUMENT = schemathesis.openapi.from_dict(document())
DOCUMENT.app = application
OPERATIONS = [(path, method) for path, methods in document()["paths"].items() for method in methods]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests leave the test's connection open, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def ids(company: Company) -> dict[str, str]:
    """Something of the company's for each id of a path."""
    return {
        "companyId": str(company.pk),
        "siteId": str(SiteFactory(company=company).pk),
        "connectionId": str(make_connection(company).pk),
        "invitationId": str(make_invitation(company).pk),
        "id": str(make_invitation(company).pk),
    }


@pytest.fixture
def headers(company: Company) -> dict[str, str]:
    return {"X-API-KEY": make_api_key(company.partner, scopes=list(Scope.values))[1]}


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value)
def test_answers_are_as_the_document_says(path: str, method: str, mode: Any, ids: Any, headers: Any) -> None:
    operation = DOCUMENT[path][method]
    if mode.is_negative and not (operation.body or operation.query):
        pytest.skip("nothing that could be wrong")
    given_ids = {each.name: ids[each.name] for each in operation.path_parameters}

    @BOUNDED
    @given(case=operation.as_strategy(mode))
    def answers_hold(case: Any) -> None:
        case.path_parameters = given_ids
        case.call_and_validate(headers=headers, checks=CHECKS)

    answers_hold()


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value)
def test_so_are_answers_to_callers_without_a_key(path: str, method: str, db: None) -> None:
    operation = DOCUMENT[path][method]
    nowhere = dict.fromkeys((each.name for each in operation.path_parameters), "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21")

    @settings(BOUNDED, max_examples=2)
    @given(case=operation.as_strategy())
    def refusal_holds(case: Any) -> None:
        case.path_parameters = nowhere
        case.headers.pop("X-API-KEY", None)
        response = case.call()
        assert response.status_code == 401
        case.validate_response(response, checks=CHECKS)

    refusal_holds()
