"""Problem documents: every mistake of a caller in one shape, and never a 500."""

import re
from typing import Any

import pytest
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from companies.models import Company
from config.api.exception_handler import QueryName, pointer
from config.api.json import MAX_LEVELS
from config.http.body_limit import MAX_BODY_BYTES
from tests.companies.refusals import problem_in, wrong_fields
from tests.fuzzing import examples

KEYS = {"type", "title", "status", "detail", "code", "requestId", "errors"}


def send(api: Any, body: bytes | str, content_type: str = "application/json", **extra: Any) -> Any:
    return api.client.generic("POST", "/v2/company", body, content_type=content_type, **extra)


def test_a_problem_has_exactly_these_members(api):
    document = problem_in(api.post("company", {"name": "", "size": 5}), 400)

    assert set(document) == KEYS
    assert document["type"] == "urn:latchkey:problem:invalid"
    assert (document["title"], document["code"]) == ("Bad Request", "INVALID")
    assert all(set(error) == {"pointer", "code", "detail"} for error in document["errors"])
    assert document["detail"] == document["errors"][0]["detail"]


def test_one_that_names_no_field_has_an_empty_list(api):
    document = problem_in(api.get("company/01a21072-4c8c-72a9-a48a-e339ae75129a"), 404)

    assert set(document) == KEYS
    assert (document["code"], document["errors"]) == ("NOT_FOUND", [])


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "path", ["/v2", "/v2/", "/v2/nothing", "/v2/company/7", "/v2/company/", "/v2/ping/", "/v2/p\x00"]
)
def test_an_unknown_path_of_the_api_is_a_404_problem_in_development_too(db, path, debug):
    with override_settings(DEBUG=debug):
        assert problem_in(Client().get(path), 404)["code"] == "NOT_FOUND"


@pytest.mark.parametrize("method", ["put", "delete", "post", "trace"])
def test_a_method_that_is_not_there_is_a_405_that_says_which_are(api, company, method):
    answer = getattr(api.client, method)(f"/v2/company/{company.pk}")

    assert problem_in(answer, 405)["code"] == "METHOD_NOT_ALLOWED"
    assert {"GET", "PATCH"} <= set(answer["Allow"].split(", "))


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*"])
def test_who_takes_no_json_is_told_so(api, accept):
    answer = api.client.get("/v2/ping", headers={"Accept": accept})

    assert problem_in(answer, 406)["code"] == "NOT_ACCEPTABLE"


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/json; charset=utf-8", "application/*", "text/html, */*;q=0.1"]
)
def test_who_takes_json_gets_it(api, accept):
    assert api.client.get("/v2/ping", headers={"Accept": accept}).status_code == 200


# --- bodies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}}",
        b"{'name': 'x'}",
        b'{"name": "x",}',
        b"name=x",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": -Infinity}',
        b'{"name": "\\ud800"}',
        b'{"\\udfff": "x"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\xff"}',
        b'\xef\xbb\xbf{"name": "x"}',
        '{"name": "x"}'.encode("utf-16"),
        b'{"name": "a\nb"}',
        b'{"name": "a\x00b"}',
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b'{"name":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"name": 1e999}',
        b'{"name": 0x10}',
        b'{"name": 01}',
    ],
)
def test_what_is_not_json_is_malformed(api, body):
    assert problem_in(send(api, body), 400)["code"] in {"MALFORMED_JSON", "INVALID"}
    assert Company.objects.count() == 1


@pytest.mark.parametrize("body", [b"[]", b"null", b"true", b"5", b'"x"', b'[{"name": "x"}]', b"1e5"])
def test_what_is_json_but_no_object_is_refused_as_a_whole(api, body):
    assert wrong_fields(send(api, body)) == [""]


@pytest.mark.parametrize("depth", [MAX_LEVELS - 1, MAX_LEVELS, 200, 500, 1000])
@pytest.mark.parametrize("name", ["allowedEmails", "metadata", "prefill", "message"])
def test_nesting_is_refused_and_no_error_of_ours(api, company, name, depth):
    body = f'{{"{name}":' + '{"a":[' * (depth // 2) + "]}" * (depth // 2) + "}"

    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json")

    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["1" * 400, "-" + "9" * 4400, "1e400", "1.0", "1E2", "-0", "9007199254740993"])
@pytest.mark.parametrize("name", ["maxUses", "expiresInSeconds"])
def test_numbers_of_any_size_are_refused_and_no_error_of_ours(api, company, name, number):
    body = f'{{"{name}": {number}}}'

    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "", "x"],
)
def test_a_body_that_does_not_say_it_is_json_is_a_415(api, content_type):
    assert problem_in(send(api, b'{"name": "x"}', content_type), 415)["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;"])
def test_json_may_be_announced_with_parameters_and_in_any_case(api, content_type):
    assert send(api, b'{"name": "x"}', content_type).status_code == 201


def padded(length: int) -> bytes:
    """A valid body of that many bytes."""
    return b'{"name": "x"' + b" " * (length - 13) + b"}"


def test_a_body_of_256_kib_is_read_and_one_byte_more_is_a_413(api):
    assert send(api, padded(MAX_BODY_BYTES)).status_code == 201
    assert problem_in(send(api, padded(MAX_BODY_BYTES + 1)), 413)["code"] == "BODY_TOO_LARGE"


def test_an_announced_length_is_believed_before_a_byte_is_read(api):
    assert problem_in(send(api, b"{}", CONTENT_LENGTH="262145"), 413)["code"] == "BODY_TOO_LARGE"
    assert problem_in(send(api, b"{}", CONTENT_LENGTH="9" * 30), 413)["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize("length", ["", "0", "many", "-1", "1.0", "\xb2", "0x10"])
def test_a_body_without_a_length_is_a_411_and_makes_nothing(api, company, length):
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": length}

    path = f"/v2/invitation/company/{company.pk}"
    answer = api.client.generic("POST", path, b'{"maxUses": 1}', content_type="application/json", **chunked)

    assert problem_in(answer, 411)["code"] == "LENGTH_REQUIRED"
    assert not company.invitations.exists()


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b'{"name": "x", "name": "y"}', ["/name"]),
        (b'{"name": "x", "name": "x"}', ["/name"]),
        (b'{"name": "x", "n\\u0061me": "y"}', ["/name"]),
        (b'{"a": 1, "b": 2, "b": {"a": 1, "a": 2}, "a": 3, "name": "x"}', ["/b", "/a"]),
        (b'{"prefill": {"country": "DE", "country": "FR"}}', ["/prefill/country"]),
        (b'{"list": [{"x": 1}, [{"a": 1}, {"a/b": 1, "a/b": 2}]]}', ["/list/1/1/a~1b"]),
        (b'{"": 1, "": 2}', ["/"]),
        (b'{"maxUses": 1e300, "maxUses": 18446744073709551615}', ["/maxUses"]),
    ],
)
def test_a_field_that_is_given_twice_is_refused_by_name(api, body, pointers):
    answer = send(api, body)

    assert wrong_fields(answer) == pointers
    assert {error["code"] for error in answer.json()["errors"]} == {"DUPLICATE_FIELD"}


def test_a_second_and_empty_list_of_addresses_opens_no_invitation(api, company):
    body = b'{"allowedEmails": ["anna@example.com"], "allowedEmails": []}'

    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json")

    assert wrong_fields(answer) == ["/allowedEmails"]
    assert not company.invitations.exists()


def test_objects_beside_each_other_may_have_the_same_names(api):
    body = b'{"name": "x", "other": [{"name": "y"}, {"name": "z"}]}'

    assert wrong_fields(send(api, body)) == ["/other"]


# --- pointers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ((), ""),
        (("prefill", "country"), "/prefill/country"),
        (("allowedEmails", 3), "/allowedEmails/3"),
        (("a/b", "~", ""), "/a~1b/~0/"),
        ((QueryName("limit"),), "?limit"),
        ((QueryName("status"), 0), "?status"),
        (("?limit",), "/?limit"),
    ],
)
def test_a_pointer_is_spelled_as_in_rfc_6901(path, spelled):
    assert pointer(path) == spelled


# --- anything at all ---------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(
        ["2026-01-01", "9999-12-31", "0001-01-01", "GB", "GAS", "https://x.example.com", "a@b.co", "\x00"]
    )
)
NAMES = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        *("allowedEmails", "expiresInSeconds", "maxUses", "sendEmail", "prefill", "message", "locale", "externalId"),
        *("metadata", "redirectUrl", "datasourceId", "url", "initialSites", "utilityTypes", "country"),
        *("connectionOwnerEmail", "dataCollectionStartDate", "lockedFields", "reason", "name", "address", "replyTo"),
        *("username", "password", "siteIds"),
    ]
)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))


@examples(100)
@given(body=st.dictionaries(NAMES, ANYTHING, max_size=5), data=st.data())
def test_any_object_is_taken_or_refused_by_name(api, company, body, data):
    owned = ["site", "connection", "invitation", "invitation", "invitation"]
    path = data.draw(st.sampled_from(["company", *(f"{name}/company/{company.pk}" for name in owned)]))

    answer = api.post(path, body)

    if answer.status_code != 201:
        assert problem_in(answer, 400)["errors"]


@examples(60)
@given(body=st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_taken_or_refused(api, company, body):
    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json")

    assert answer.status_code in {201, 400}


def test_no_detail_of_a_problem_shows_our_insides(api, company):
    answer = api.post(f"invitation/company/{company.pk}", {"prefill": {"datasourceId": "x"}, "maxUses": "x"})

    assert not re.search(r"Traceback|File \"|line \d+, in|<class|ErrorDetail", answer.content.decode())
