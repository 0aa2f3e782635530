"""HTTP methods of every path: others are a 405 and never a 500."""

import pytest
from django.test import Client

from tests.companies.refusals import problem_in
from tests.config.addresses import every_path
from tests.factories import UserFactory, make_invitation

OTHERS = ["options", "put", "patch", "delete", "trace"]


@pytest.fixture
def staff(db):
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())
    return client


@pytest.mark.parametrize("method", ["options", "put", "trace"])
def test_unusual_methods_are_no_server_error(staff, method):
    answers = {path: getattr(staff, method)(path).status_code for path in every_path()}

    assert {path: status for path, status in answers.items() if status >= 500} == {}


def test_api_documents_are_read_only(db):
    for path in ("docs", "openapi.json"):
        for method in ("post", *OTHERS):
            response = getattr(Client(), method)(f"/v2/{path}")
            assert problem_in(response, 405)["code"] == "METHOD_NOT_ALLOWED"
            assert set(response["Allow"].split(", ")) == {"GET", "HEAD"}


def test_api_checks_method_before_query(api, company):
    for method in ("options", "put", "delete", "trace"):
        for query in ("", "?limit=1", "?nothing=1"):
            response = getattr(api.client, method)(f"/v2/company/{company.pk}{query}")
            assert problem_in(response, 405)["code"] == "METHOD_NOT_ALLOWED"
            assert set(response["Allow"].split(", ")) == {"GET", "PATCH", "HEAD"}


def test_contributor_pages_check_method_before_csrf(db):
    client = Client(enforce_csrf_checks=True)
    token = make_invitation().token

    for name in ("", "/connect", "/done", "/verify"):
        for method in OTHERS:
            response = getattr(client, method)(f"/p/i/{token}{name}")
            assert response.status_code == 405
            assert {"GET", "HEAD"} <= set(response["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}


def test_post_without_csrf_token_is_rejected(db):
    token = make_invitation().token
    client = Client(enforce_csrf_checks=True)

    assert client.post(f"/p/i/{token}/connect").status_code == 403
    # this page has no form
    assert client.post(f"/p/i/{token}").status_code == 405
