"""ETags of single resources."""

from typing import Any

from django.test import RequestFactory

from config.api.conditional import conditional
from tests.config.api.operations import operations, path_ids
from tests.conftest import Api
from tests.factories import make_full_key

CONDITIONAL = [each for each in operations() if "304" in each.schema["responses"]]


def read(data: Any, if_none_match: str | None = None) -> Any:
    """The response of a resource with this data."""
    headers = {} if if_none_match is None else {"If-None-Match": if_none_match}
    action = conditional(lambda view, request: data)
    return action(None, RequestFactory().get("/", headers=headers))


def test_etag_follows_the_body():
    etag = read({"a": 1})["ETag"]

    assert etag == read({"a": 1})["ETag"] != read({"a": 2})["ETag"]
    assert (etag[0], etag[-1], len(etag)) == ('"', '"', 34)


def test_known_etags_are_compared_weakly():
    etag = read({"a": 1})["ETag"]
    known = [etag, f"W/{etag}", f'"other", {etag}', "*", " * "]
    unknown = ['"other"', etag.strip('"'), "", "garbage", f"W/{etag}x"]

    assert {each: read({"a": 1}, each).status_code for each in known} == dict.fromkeys(known, 304)
    assert {each: read({"a": 1}, each).status_code for each in unknown} == dict.fromkeys(unknown, 200)


def test_single_resources_are_conditional(company):
    caller = Api(make_full_key(company)[1])
    ids = path_ids(company)
    paths = [f"/v2/{each.path(ids)}" for each in CONDITIONAL]

    for path in paths:
        first, head = caller.client.get(path), caller.client.head(path)
        again = caller.client.get(path, headers={"If-None-Match": first["ETag"]})
        assert head["ETag"] == first["ETag"]
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert {each["Cache-Control"] for each in (first, head, again)} == {"no-store"}
        assert "Content-Type" not in again
    assert len(paths) >= 4
