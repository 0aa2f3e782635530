"""Responses to generated requests, valid and invalid, match the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from companies.models import Company
from config.api.document import openapi_document
from config.wsgi import application
from tests.config.api.operations import path_ids
from tests.factories import make_full_key
from tests.fuzzing import examples

DOCUMENT = schemathesis.openapi.from_dict(openapi_document())
DOCUMENT.app = application
OPERATIONS = [(path, method) for path, methods in openapi_document()["paths"].items() for method in methods]


def has_documented_code(context: Any, response: Any, case: Any) -> None:
    """Fail if the document lacks the error code of a response."""
    if response.status_code >= 400:
        (media,) = case.operation.definition.raw["responses"][str(response.status_code)]["content"].values()
        assert response.json()["code"] in media["examples"]


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    has_documented_code,
]
BOUNDED = examples(5, phases=[Phase.explicit, Phase.generate])


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests keep the test's connection open, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def ids(company: Company) -> dict[str, str]:
    known = {name.removesuffix("_id") + "Id": str(value) for name, value in path_ids(company).items()}
    return known | {"status": "CONNECTED"}


@pytest.fixture
def headers(company: Company) -> dict[str, str]:
    return {"X-API-KEY": make_full_key(company)[1]}


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value)
def test_generated_requests_match_the_document(path: str, method: str, mode: Any, ids: Any, headers: Any) -> None:
    operation = DOCUMENT[path][method]
    if mode.is_negative and not (operation.body or operation.query):
        pytest.skip("nothing can be invalid")
    given_ids = {each.name: ids[each.name] for each in operation.path_parameters}

    @BOUNDED
    @given(case=operation.as_strategy(mode))
    def send(case: Any) -> None:
        case.path_parameters = given_ids
        case.call_and_validate(headers=headers, checks=CHECKS)

    send()


def test_requests_without_key_are_unauthorized(db: None) -> None:
    for path, method in OPERATIONS:
        _send_without_key(DOCUMENT[path][method])


def _send_without_key(operation: Any) -> None:
    nowhere = dict.fromkeys((each.name for each in operation.path_parameters), "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21")
    if "status" in nowhere:
        nowhere["status"] = "CONNECTED"

    @settings(BOUNDED, max_examples=1)
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.path_parameters = nowhere
        case.headers.pop("X-API-KEY", None)
        response = case.call()
        assert response.status_code == 401
        case.validate_response(response, checks=CHECKS)

    send()
