"""Problem documents: all errors in one shape, and never a 500."""

import json
import re
from typing import Any

import pytest
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import Throttled

from companies.models import Company
from config.api.exception_handler import QueryName, exception_handler, pointer
from config.http.body_limit import MAX_BODY_BYTES
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import make_full_key
from tests.fuzzing import examples

KEYS = {"type", "title", "status", "detail", "code", "requestId", "errors"}


def send(api: Any, body: bytes | str, content_type: str = "application/json", **extra: Any) -> Any:
    return api.client.generic("POST", "/v2/company", body, content_type=content_type, **extra)


def test_problem_members(api):
    document = problem_in(api.post("company", {"name": "", "size": 5}), 400)

    assert set(document) == KEYS
    assert document["type"] == "urn:latchkey:problem:invalid"
    assert (document["title"], document["code"]) == ("Bad Request", "INVALID")
    assert all(set(error) == {"pointer", "code", "detail"} for error in document["errors"])
    assert document["detail"] == document["errors"][0]["detail"]


def test_problem_without_fields_has_no_errors(api):
    document = problem_in(api.get("company/01a21072-4c8c-72a9-a48a-e339ae75129a"), 404)

    assert set(document) == KEYS
    assert (document["code"], document["errors"]) == ("NOT_FOUND", [])


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "path", ["/v2", "/v2/", "/v2/nothing", "/v2/company/7", "/v2/company/", "/v2/ping/", "/v2/p\x00"]
)
def test_unknown_path_is_a_404_problem(db, path, debug):
    with override_settings(DEBUG=debug):
        assert problem_in(Client().get(path), 404)["code"] == "NOT_FOUND"


def test_misspelt_paths_are_corrected(company):
    path = f"/v2/invitation/company/{company.pk}"
    typed = {
        f"{path}/": path,
        f"/{path}": path,
        path.replace("/company", "//company"): path,
        path.replace("company", "Company"): path,
        path.upper(): path,
        f"{path} ": path,
        "/V2/ping": "/v2/ping",
        "//v2": None,
        "/v2/": None,
        "/v2/companies": None,
        f"/v2/company/{company.pk}/7": None,
    }

    # the test client takes `//v2` for a host
    details = {wrong: problem_in(Client().post("/", PATH_INFO=wrong), 404)["detail"] for wrong in typed}

    hint = "Not found. Did you mean {}? Paths are lower-case, with single slashes and none at the end."
    assert details == {wrong: hint.format(right) if right else "Not found." for wrong, right in typed.items()}


def test_plain_http_is_refused_not_redirected(company):
    _, value = make_full_key(company)
    path = f"/v2/invitation/company/{company.pk}"

    with override_settings(SECURE_SSL_REDIRECT=True, PUBLIC_URL="https://connect.example.org"):
        refused = problem_in(Client(headers={"X-API-KEY": value}).post(path), 403)
        others = [Client().get("/", PATH_INFO=other) for other in ("/v2/docs", "/V2/nothing", "//v2/ping")]
        accepted = Client(headers={"X-API-KEY": value}).post(path, secure=True, content_type="application/json")
        page = Client().get("/admin/login/")

    assert refused["code"] == "HTTPS_REQUIRED"
    assert "https://connect.example.org/v2" in refused["detail"]
    assert "API key of this request was sent unencrypted: replace it." in refused["detail"]
    assert ["replace" in problem_in(other, 403)["detail"] for other in others] == [False] * 3
    assert (accepted.status_code, page.status_code) == (201, 301)
    assert company.invitations.count() == 1


def test_compressed_bodies_are_named(api):
    zipped = {encoding: send(api, b"{}", HTTP_CONTENT_ENCODING=encoding) for encoding in ("gzip", "br, gzip")}

    for response in zipped.values():
        assert problem_in(response, 415)["code"] == "UNSUPPORTED_ENCODING"
    assert send(api, b'{"name": "x"}', HTTP_CONTENT_ENCODING="identity").status_code == 201


def test_clients_must_accept_json(api):
    for accept in ("text/html", "application/xml", "image/*"):
        response = api.client.get("/v2/ping", headers={"Accept": accept})
        assert problem_in(response, 406)["code"] == "NOT_ACCEPTABLE", accept
    for accept in (
        "",
        "*/*",
        "application/json",
        "application/json; charset=utf-8",
        "application/*",
        "text/html, */*;q=0.1",
    ):
        assert api.client.get("/v2/ping", headers={"Accept": accept}).status_code == 200, accept


def test_malformed_json_is_a_400(api):
    assert problem_in(send(api, b"{"), 400)["code"] == "MALFORMED_JSON"
    assert Company.objects.count() == 1


def test_bodies_must_be_objects(api):
    for body in (b"[]", b"null", b"true", b"5", b'"x"', b'[{"name": "x"}]', b"1e5"):
        assert wrong_fields(send(api, body)) == [""], body


def test_nesting_and_large_numbers_cause_no_500(api, company):
    values = ['{"a":[' * depth + "]}" * depth for depth in (15, 16, 100, 500)]
    values += ["1" * 400, "-" + "9" * 4400, "1e400", "1.0", "1E2", "-0", "9007199254740993"]
    for value in values:
        for name in ("allowedEmails", "metadata", "prefill", "message", "maxUses", "expiresInSeconds"):
            response = api.client.post(
                f"/v2/invitation/company/{company.pk}", f'{{"{name}": {value}}}', content_type="application/json"
            )
            assert response.status_code == 400, (name, value)


def test_bodies_must_be_announced_as_json(api):
    for content_type in (
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/xml", "", "x"),
    ):
        problem = problem_in(send(api, b'{"name": "x"}', content_type), 415)
        assert problem["code"] == "UNSUPPORTED_MEDIA_TYPE"
    for content_type in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;"):
        assert send(api, b'{"name": "x"}', content_type).status_code == 201


def padded(length: int) -> bytes:
    """A valid body of that many bytes."""
    return b'{"name": "x"' + b" " * (length - 13) + b"}"


def test_bodies_over_256_kib_are_rejected(api):
    assert send(api, padded(MAX_BODY_BYTES)).status_code == 201
    assert problem_in(send(api, padded(MAX_BODY_BYTES + 1)), 413)["code"] == "BODY_TOO_LARGE"


def test_announced_length_is_checked_before_reading(api):
    for length in ("262145", "9" * 30):
        assert problem_in(send(api, b"{}", CONTENT_LENGTH=length), 413)["code"] == "BODY_TOO_LARGE"


def test_bodies_without_length_are_rejected(api, company):
    for length in ("", "0", "many", "-1", "1.0", "\xb2", "0x10"):
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": length}
        path = f"/v2/invitation/company/{company.pk}"
        response = Client.generic(
            api.client, "POST", path, b'{"maxUses": 1}', content_type="application/json", **chunked
        )
        assert problem_in(response, 411)["code"] == "LENGTH_REQUIRED", length
    assert not company.invitations.exists()


def test_duplicate_keys_are_named(api, company):
    body = (
        b'{"allowedEmails": ["anna@example.com"], "allowedEmails": [], "prefill": {"country": "DE", "country": "FR"}}'
    )

    response = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json")

    assert wrong_fields(response) == ["/allowedEmails", "/prefill/country"]
    assert {error["code"] for error in response.json()["errors"]} == {"DUPLICATE_FIELD"}
    assert not company.invitations.exists()


def test_throttled_requests_have_retry_after():
    response = exception_handler(Throttled(wait=1.5), {})

    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (429, "2")
    assert json.loads(response.content)["code"] == "THROTTLED"


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
def test_pointer_is_spelled_as_in_rfc_6901(path, spelled):
    assert pointer(path) == spelled


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


@examples(60)
@given(body=st.dictionaries(NAMES, ANYTHING, max_size=5), data=st.data())
def test_any_object_is_accepted_or_rejected(api, company, body, data):
    owned = ["site", "connection", "invitation", "invitation", "invitation"]
    path = data.draw(st.sampled_from(["company", *(f"{name}/company/{company.pk}" for name in owned)]))

    answer = api.post(path, body)

    if answer.status_code != 201:
        assert problem_in(answer, 400)["errors"]


@examples(40)
@given(body=st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_accepted_or_rejected(api, company, body):
    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json")

    assert answer.status_code in {201, 400}


def test_details_show_no_internals(api, company):
    answer = api.post(f"invitation/company/{company.pk}", {"prefill": {"datasourceId": "x"}, "maxUses": "x"})

    assert not re.search(r"Traceback|File \"|line \d+, in|<class|ErrorDetail", answer.content.decode())
