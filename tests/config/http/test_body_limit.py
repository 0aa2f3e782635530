"""Limits of request bodies."""

from django.http import UnreadablePostError
from django.test import Client, RequestFactory

from config.http.body_limit import BODY_ERROR, MAX_BODY_BYTES, BodyLimitMiddleware, content_length
from tests.companies.refusals import problem_in
from tests.config.addresses import every_path


def test_every_path_limits_bodies(db):
    client = Client(raise_request_exception=False)

    def statuses(path):
        large = client.generic("POST", path, b"x", content_type="text/plain", CONTENT_LENGTH=str(MAX_BODY_BYTES + 1))
        chunked = client.generic("POST", path, b"", content_type="text/plain", HTTP_TRANSFER_ENCODING="chunked")
        return large.status_code, chunked.status_code

    paths = every_path()
    # not read before the key is known
    larger = {path: (401, 411) for path in paths if path.endswith(("/bulk", "/branding"))}
    larger |= {path: (302, 411) for path in paths if path.endswith(("/branding/", "/branding/preview/"))}
    assert {path: statuses(path) for path in paths} == dict.fromkeys(paths, (413, 411)) | larger


def test_too_large_form_gets_a_page(db):
    response = Client().post("/admin/login/", {"username": "x" * 600 * 1024})

    assert response.status_code == 413
    assert "too much at once" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_content_length_of_unusual_headers():
    for header, number in (("", 0), ("0", 0), ("000262145", 262145), ("0" * 5000 + "7", 7), ("9" * 5000, 10**19 - 1)):
        assert content_length(RequestFactory().post("/", CONTENT_LENGTH=header)) == number


def test_incomplete_body_is_rejected(db):
    page = Client().post("/admin/login/", **{BODY_ERROR: 408})
    problem = Client().post("/v2/company", **{BODY_ERROR: 408})

    assert (page.status_code, page["Connection"]) == (408, "close")
    assert "send it once more" in page.content.decode()
    assert problem_in(problem, 408)["code"] == "REQUEST_TIMEOUT"
    assert problem_in(Client().post("/v2/company", **{BODY_ERROR: 400}), 400)["code"] == "BAD_REQUEST"


def test_late_upload_is_408():
    middleware = BodyLimitMiddleware(lambda request: None)

    response = middleware.process_exception(RequestFactory().post("/admin/"), UnreadablePostError())

    assert response.status_code == 408
