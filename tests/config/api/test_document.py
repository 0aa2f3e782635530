"""The OpenAPI document."""

import re
from inspect import cleandoc
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema

from companies.models import ActorKind
from config.api import document
from config.api.document import openapi_document
from config.api.schema_hooks import FIXED, GROWS
from config.exceptions import DomainError
from connections.models import UtilityType
from connections.models.status import Status as ConnectionStatus
from invitations.models import EventType, InvitationType
from invitations.models.prefill import LOCKABLE, WIRE_NAMES
from invitations.models.status import Status
from tests.companies.refusals import problem_in
from tests.config.api.operations import component, operations, path_ids
from tests.config.api.schemas import response_content, schema_errors
from tests.conftest import Api
from tests.factories import make_full_key

OPERATIONS = operations()
READ_CREDENTIALS = "post connection/<uuid:connection_id>/credentials"


def components() -> dict[str, Any]:
    return openapi_document()["components"]["schemas"]


def test_document_builds_without_warnings(tmp_path):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "openapi.yaml"))


def test_document_is_valid_and_public():
    response = Client().get("/v2/openapi.json", headers={"X-API-KEY": "wrong"})

    assert response.status_code == 200
    assert response["Content-Type"] == "application/vnd.oai.openapi+json"
    validate_schema(response.json())
    assert response.json() == openapi_document()


def test_older_document_has_same_operations():
    older = Client().get("/v2/openapi-3.0.json").json()

    validate_schema(older)
    assert older["openapi"] == "3.0.3"
    assert older["paths"].keys() == openapi_document()["paths"].keys()
    assert older["components"]["schemas"].keys() == openapi_document()["components"]["schemas"].keys()


def test_document_is_made_once(monkeypatch):
    first = Client().get("/v2/openapi.json")
    monkeypatch.setattr(document, "to_json", None)
    monkeypatch.setattr(document, "OpenAPIGenerator", None)

    again = Client().get("/v2/openapi.json")
    known = Client().get("/v2/openapi.json", headers={"If-None-Match": first["ETag"]})
    other = Client().get("/v2/openapi.json", headers={"Accept": "application/json", "If-None-Match": first["ETag"]})

    assert again.content == first.content
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    assert (other.status_code, other["Content-Type"]) == (200, "application/json")
    assert {answer["Cache-Control"] for answer in (first, known, other)} == {"public, max-age=300"}
    assert not first["ETag"].startswith("W/")


def test_document_rejects_query_parameters():
    for path in ("openapi.json", "openapi-3.0.json", "docs"):
        for query in ("version=%0d%0aX", "version=1.0", "lang=de", "format=yaml"):
            problem = problem_in(Client().get(f"/v2/{path}?{query}"), 400)
            assert problem["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


def test_document_survives_simultaneous_first_requests():
    document._build.cache_clear()
    start, found = Barrier(8), []

    def ask() -> None:
        start.wait()
        found.append(openapi_document())

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert all(each is found[0] for each in found)


def test_docs_page_loads_nothing_external():
    page = Client().get("/v2/docs")

    assert page.status_code == 200
    assert b"//cdn" not in page.content
    assert b'src="http' not in page.content


def test_document_has_exactly_the_operations():
    documented = [(path, method) for path, methods in openapi_document()["paths"].items() for method in methods]

    assert len(documented) == len(OPERATIONS) > 20
    assert all(operation.schema for operation in OPERATIONS)


def test_operations_have_own_names_and_texts():
    for name in ("operationId", "summary", "description"):
        texts = [operation.schema[name] for operation in OPERATIONS]
        assert len(set(texts)) == len(texts), name
        assert all(texts)


def test_descriptions_are_not_internal_docstrings():
    classes = {kind for operation in OPERATIONS for kind in operation.view.cls.__mro__}
    internal = {cleandoc(kind.__doc__) for kind in classes if kind.__doc__}

    assert not internal & {operation.schema["description"] for operation in OPERATIONS}
    undescribed = {name for name, schema in components().items() if schema.get("type") == "object"}
    assert {name for name in undescribed if not components()[name].get("description")} == set()


def test_tags_are_described():
    described = [tag["name"] for tag in openapi_document()["tags"] if tag["description"]]

    assert len(described) == len(set(described))
    used = [each for methods in openapi_document()["webhooks"].values() for each in methods.values()]
    used += [operation.schema for operation in OPERATIONS]
    assert {tag for each in used for tag in each["tags"]} == set(described)


def test_operations_require_the_api_key():
    security = {str(operation): operation.schema["security"] for operation in OPERATIONS}

    assert security == {name: [{"apiKey": []}] for name in security}
    scheme = openapi_document()["components"]["securitySchemes"]["apiKey"]
    assert scheme == {"type": "apiKey", "in": "header", "name": "X-API-KEY"}


def test_bodies_accept_no_other_fields():
    bodies = {name for name in components() if name.endswith("Request")}

    assert len(bodies) > 10
    assert {name for name, said in components().items() if said.get("additionalProperties") is False} == bodies


def test_parameters_are_described():
    parameters = [each for operation in OPERATIONS for each in operation.schema.get("parameters", [])]

    assert {each["name"] for each in parameters if each["in"] != "path" and not each.get("description")} == set()


def test_operations_document_their_request_headers():
    for operation in OPERATIONS:
        headers = [each["name"] for each in operation.schema.get("parameters", []) if each["in"] == "header"]
        conditional = ["If-None-Match"] if "304" in operation.schema["responses"] else []
        assert headers == (["Idempotency-Key"] if operation.method == "post" else conditional), operation


def test_every_post_but_credentials_is_idempotent():
    posts = {str(operation) for operation in OPERATIONS if operation.method == "post"}

    idempotent = {str(operation) for operation in OPERATIONS if "422" in operation.schema["responses"]}

    assert idempotent == posts - {READ_CREDENTIALS}


def test_response_examples_match_their_schemas():
    for operation in OPERATIONS:
        content = response_content(operation)
        schema = component(content["schema"])
        for example in schema["examples"]:
            assert schema_errors(content["schema"], example) == [], operation
            assert set(example) == set(schema["properties"]), operation


def test_body_examples_match_their_schemas():
    for operation in OPERATIONS:
        if operation.body:
            assert schema_errors(operation.body["schema"], operation.example_body) == [], operation


def test_every_error_code_is_described():
    for operation in OPERATIONS:
        responses = operation.schema["responses"]
        for status, code in operation.error_codes:
            assert list(responses[status]["content"]) == ["application/problem+json"]
            line = rf"^- `{code}`: .+\.$"
            assert re.search(line, responses[status]["description"], re.MULTILINE), (operation, code)
            assert str(DomainError.default_message) not in responses[status]["description"], operation


def is_paged(response: dict[str, Any]) -> bool:
    return "nextCursor" in component(response["content"]["application/json"]["schema"])["properties"]


def test_responses_document_their_headers():
    by_status = {"429": {"Retry-After"}, "503": {"Retry-After"}, "401": {"WWW-Authenticate"}}
    without_key = {"401", "406", "408", "413", "500", "503"}
    for operation in OPERATIONS:
        responses = operation.schema["responses"]
        for status, response in responses.items():
            stored = "422" in responses and status in {"200", "201", "202", "207", "400", "404"}
            expected = {"X-Request-Id"} | by_status.get(status, set()) | ({"Idempotent-Replayed"} if stored else set())
            expected |= {"ETag"} if "304" in responses and status in {"200", "304"} else set()
            expected |= {"Link"} if status == "200" and is_paged(response) else set()
            expected |= set() if status in without_key else {"RateLimit", "RateLimit-Policy"}
            assert set(response["headers"]) == expected, (operation, status)


def test_only_mails_have_limits_of_their_own():
    own = ("429", "TOO_MANY_ATTEMPTS")
    limited = {str(operation) for operation in OPERATIONS if own in operation.error_codes}

    assert limited == {"post invitation/<uuid:invitation_id>/resend", "patch invitation/<uuid:invitation_id>"}


def schema_at(schema: Any, path: str) -> Any:
    """The schema of the field `a.b`, through references and lists."""
    for name in path.split("."):
        schema = component(schema)["properties"][name]
        schema = schema.get("items", schema)
        schema = next(iter(schema.get("allOf") or schema.get("oneOf") or [schema]))
    return component(schema)


LOCKABLE_NAMES = [WIRE_NAMES[name] for name in LOCKABLE]
ENUMS: list[tuple[str, str, list[str]]] = [
    ("Invitation", "status", Status.values),
    ("Invitation", "invitationType", InvitationType.values),
    ("Invitation", "prefill.utilityTypes", UtilityType.values),
    ("Invitation", "prefill.lockedFields", LOCKABLE_NAMES),
    ("Invitation", "createdConnections.status", ConnectionStatus.values),
    ("InvitationDetail", "events.type", EventType.values),
    ("InvitationDetail", "events.actor", ActorKind.values),
    ("CreateInvitationRequest", "prefill.utilityTypes", UtilityType.values),
    ("CreateInvitationRequest", "prefill.lockedFields", LOCKABLE_NAMES),
]


def test_enums_are_documented_as_enums():
    for name, path, values in ENUMS:
        assert sorted(schema_at(components()[name], path)["enum"]) == sorted(values), (name, path)


def test_enums_say_whether_they_may_grow():
    said = {name: schema["description"].split("\n")[0] for name, schema in components().items() if "enum" in schema}

    assert said.keys() >= settings.OPENAPI_FIXED_ENUMS
    assert said == {name: FIXED if name in settings.OPENAPI_FIXED_ENUMS else GROWS for name in said}
    assert GROWS in components()["ConnectionStatus"]["description"]


def test_repeatable_filters_are_arrays_of_enums():
    (listing,) = [each for each in OPERATIONS if each.schema["operationId"] == "listInvitations"]
    filters = {each["name"]: each["schema"] for each in listing.schema["parameters"] if each["in"] == "query"}

    for name, values in (("status", Status.values), ("invitationType", InvitationType.values)):
        assert filters[name]["type"] == "array"
        assert sorted(component(filters[name]["items"])["enum"]) == sorted(values)
    assert {"limit", "cursor", "email", "connectionId", "externalId", "createdAfter", "createdBefore"} <= set(filters)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_responses_match_their_schemas(company, operation):
    caller = Api(make_full_key(company)[1])
    path = operation.path(path_ids(company))

    if operation.method == "get":
        response = caller.get(path)
    else:
        response = getattr(caller, operation.method)(path, operation.example_body)

    schema = response_content(operation)["schema"]
    assert schema_errors(schema, response.json()) == []
    assert set(response.json()) == set(component(schema)["properties"])
