"""The OpenAPI document says what the API does."""

import re
from inspect import cleandoc
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.serializers import Serializer

from companies.actors import ActorKind
from companies.api.log import ActOutput, LogLineOutput
from companies.models import Scope
from config.api.fields import NullMeansOmitted, StrictSerializer
from config.api.pagination import PageOutput
from connections.models import UtilityType
from connections.models.status import Status as ConnectionStatus
from invitations.models import EventType, InvitationType
from invitations.models.prefill import LOCKABLE, WIRE_NAMES
from invitations.models.status import Status
from tests.conftest import Api
from tests.factories import SiteFactory, make_api_key, make_connection, make_invitation
from tests.invitations.api.operations import Operation, document, operations
from tests.invitations.api.promises import promised

OPERATIONS = operations()
POSTS = [each for each in OPERATIONS if each.method == "post"]
WITH_A_BODY = [each for each in OPERATIONS if each.method in {"post", "patch", "put"}]


def to_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is a type, references lead into the document."""
    if isinstance(schema, list):
        return [to_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: to_json_schema(value) for name, value in schema.items() if name != "nullable"}
    if not schema.get("nullable"):
        return made
    return {"anyOf": [made, {"type": "null"}]}


def wrong(schema: dict[str, Any], value: Any) -> list[str]:
    """What of the value is not as the schema says."""
    whole = to_json_schema(schema) | {"components": to_json_schema(document()["components"])}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document()["components"]["schemas"][name] if name else schema


def success(operation: Operation) -> dict[str, Any]:
    """What the document says of the answer when all goes well."""
    (status,) = [status for status in operation.described["responses"] if status.startswith("2")]
    return operation.described["responses"][status]["content"]["application/json"]


def test_it_is_made_without_a_warning(tmp_path):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "openapi.yaml"))


def test_it_is_valid_and_is_served_to_anyone():
    answer = Client().get("/v2/openapi.json")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/")
    validate_schema(answer.json())
    assert answer.json()["paths"].keys() == document()["paths"].keys()


def test_the_docs_page_needs_nobody_elses_server():
    page = Client().get("/v2/docs")

    assert page.status_code == 200
    assert b"//cdn" not in page.content
    assert b'src="http' not in page.content


def test_it_has_every_operation_and_no_other():
    described = [(path, method) for path, methods in document()["paths"].items() for method in methods]

    assert len(described) == len(OPERATIONS)
    assert all(each.described for each in OPERATIONS)


def test_every_operation_has_a_name_of_its_own_and_a_summary():
    names = [each.described["operationId"] for each in OPERATIONS]

    assert len(set(names)) == len(names)
    assert all(each.described["summary"] for each in OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_asks_for_the_api_key(operation):
    assert operation.described["security"] == [{"apiKey": []}]
    scheme = document()["components"]["securitySchemes"]["apiKey"]
    assert scheme == {"type": "apiKey", "in": "header", "name": "X-API-KEY"}


def test_every_operation_is_described_in_words_of_its_own_for_those_who_call_it():
    words = [each.described.get("description", "") for each in OPERATIONS]

    assert all(words)
    assert len(set(words)) == len(words)
    assert not {cleandoc(kind.__doc__) for each in OPERATIONS for kind in each.view.__mro__ if kind.__doc__} & set(
        words
    )


INTERNAL = (StrictSerializer, NullMeansOmitted, PageOutput, LogLineOutput, ActOutput, Serializer)


def test_every_object_is_described_and_none_in_words_for_those_who_work_on_it():
    objects = {name: said for name, said in document()["components"]["schemas"].items() if said["type"] == "object"}

    assert [name for name, said in objects.items() if not said.get("description")] == []
    assert not {cleandoc(kind.__doc__) for kind in INTERNAL if kind.__doc__} & {
        said["description"] for said in objects.values()
    }


def test_a_body_says_that_it_takes_no_other_fields():
    objects = document()["components"]["schemas"]
    bodies = {name: said for name, said in objects.items() if name.endswith("Request")}

    assert len(bodies) > 10
    assert {name for name, said in objects.items() if said.get("additionalProperties") is False} == set(bodies)


@pytest.mark.parametrize("operation", POSTS, ids=str)
def test_every_post_takes_an_idempotency_key(operation):
    headers = [each for each in operation.described["parameters"] if each["in"] == "header"]

    assert [each["name"] for each in headers] == ["Idempotency-Key"]
    assert not headers[0].get("required")


def test_all_but_the_one_that_hands_out_credentials_promise_to_keep_the_answer():
    kept = {str(each) for each in OPERATIONS if "422" in each.described["responses"]}

    assert kept == {str(each) for each in POSTS} - {"post connection/<uuid:connection_id>/credentials"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_example_of_the_answer_is_as_its_schema_says_and_has_every_key(operation):
    content = success(operation)
    examples = [each["value"] for each in content["examples"].values()]

    assert examples
    for example in examples:
        assert wrong(content["schema"], example) == []
        assert set(example) == set(resolved(content["schema"])["properties"])


@pytest.mark.parametrize("operation", [each for each in WITH_A_BODY if each.example_body is not None], ids=str)
def test_the_example_of_the_body_is_as_its_schema_says(operation):
    content = operation.described["requestBody"]["content"]["application/json"]

    assert wrong(content["schema"], operation.example_body) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_refusal_is_a_problem_document_and_tells_when_it_comes(operation):
    problems = {status: said for status, said in operation.described["responses"].items() if status >= "4"}

    for said in problems.values():
        assert list(said["content"]) == ["application/problem+json"]
    for status, code in promised(operation):
        assert re.search(rf"^- `{code}`: .+\.$", problems[status]["description"], re.MULTILINE)


def headers_of(operation: Operation, status: str) -> set[str]:
    return set(operation.described["responses"][status].get("headers", {}))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_answer_tells_its_headers(operation):
    is_kept = "422" in operation.described["responses"]

    for status in operation.described["responses"]:
        also = {"429": {"Retry-After"}, "503": {"Retry-After"}, "401": {"WWW-Authenticate"}}.get(status, set())
        replayed = {"Idempotent-Replayed"} if is_kept and status in {"200", "201", "202", "400", "404"} else set()
        assert headers_of(operation, status) == {"X-Request-Id"} | replayed | also


def test_what_may_be_done_too_often_says_so():
    limited = {str(each) for each in OPERATIONS if "429" in each.described["responses"]}

    assert limited == {"post invitation/<uuid:invitation_id>/resend"}


def found(schema: Any, path: str) -> Any:
    """The schema at `a.b`, through references and lists."""
    for name in path.split("."):
        schema = resolved(schema)["properties"][name]
        schema = schema.get("items", schema)
        if "allOf" in schema:
            (schema,) = schema["allOf"]
    return resolved(schema)


ENUMS: list[tuple[str, str, list[str]]] = [
    ("Invitation", "status", Status.values),
    ("Invitation", "invitationType", InvitationType.values),
    ("Invitation", "prefill.utilityTypes", UtilityType.values),
    ("Invitation", "prefill.lockedFields", [WIRE_NAMES[name] for name in LOCKABLE]),
    ("Invitation", "createdConnections.status", ConnectionStatus.values),
    ("InvitationDetail", "events.type", EventType.values),
    ("InvitationDetail", "events.actor", ActorKind.values),
    ("InvitationInputRequest", "prefill.utilityTypes", UtilityType.values),
    ("InvitationInputRequest", "prefill.lockedFields", [WIRE_NAMES[name] for name in LOCKABLE]),
]


def component(name: str) -> dict[str, Any]:
    schemas = document()["components"]["schemas"]
    return schemas.get(name) or schemas.get(f"{name}Output") or schemas[name.removesuffix("Request")]


@pytest.mark.parametrize(("name", "path", "values"), ENUMS)
def test_enums_are_enums(name, path, values):
    assert sorted(found(component(name), path)["enum"]) == sorted(values)


def test_the_status_and_type_filters_are_enums_that_may_be_repeated():
    (listing,) = [each for each in OPERATIONS if str(each) == "get invitation/company/<uuid:company_id>"]
    filters = {each["name"]: each["schema"] for each in listing.described["parameters"] if each["in"] == "query"}

    for name, values in (("status", Status.values), ("invitationType", InvitationType.values)):
        assert filters[name]["type"] == "array"
        assert sorted(resolved(filters[name]["items"])["enum"]) == sorted(values)
    assert {"limit", "cursor", "email", "connectionId", "externalId", "createdAfter", "createdBefore"} <= set(filters)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method != "delete"], ids=str)
def test_what_is_really_answered_is_as_the_schema_says_key_for_key(company, operation):
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])
    ids = {
        "company_id": company.pk,
        "site_id": SiteFactory(company=company).pk,
        "connection_id": make_connection(company).pk,
        "invitation_id": make_invitation(company, allowed_emails=["jane@example.com"]).pk,
    }
    path = operation.path(ids)

    if operation.method == "get":
        answer = caller.get(path)
    else:
        answer = getattr(caller, operation.method)(path, operation.example_body or {})

    schema = success(operation)["schema"]
    assert wrong(schema, answer.json()) == []
    assert set(answer.json()) == set(resolved(schema)["properties"])
