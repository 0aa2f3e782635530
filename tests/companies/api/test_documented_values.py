"""The OpenAPI document accepts what the server accepts, for values whose form it can say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.api.idempotency import _is_valid
from config.api.document import openapi_document
from tests.fuzzing import examples

PRINTABLE = st.text(st.characters(min_codepoint=0x1F, max_codepoint=0x7F), max_size=300)


def documented(path: str, method: str, name: str) -> dict[str, object]:
    parameters = openapi_document()["paths"][path][method]["parameters"]
    (schema,) = [each["schema"] for each in parameters if each["name"] == name]
    return schema


def matches(schema, value):
    is_long_enough = schema.get("minLength", 0) <= len(value) <= schema["maxLength"]
    return is_long_enough and bool(re.search(schema["pattern"], value))


KEY = documented("/v2/invitation/company/{companyId}", "post", "Idempotency-Key")


@examples(200)
@given(key=PRINTABLE)
def test_document_accepts_the_keys_of_the_server(key):
    assert matches(KEY, key) == _is_valid(key)


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("anna@example.com", 200),
        ("ANNA@Example.com", 200),
        ("*@example.com", 200),
        ("anna", 400),
        ("a b@c.example", 400),
    ],
)
def test_document_accepts_the_filters_of_the_server(api, company, typed, status):
    schema = documented("/v2/invitation/company/{companyId}", "get", "email")

    assert api.get(f"invitation/company/{company.pk}", {"email": typed}).status_code == status
    assert matches(schema, typed) == (status == 200)
