"""Which methods an address takes, and that no other is an error of ours."""

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
def test_no_address_makes_an_error_of_a_method_that_nobody_uses(staff, method):
    answers = {path: getattr(staff, method)(path).status_code for path in every_path()}

    assert {path: status for path, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("path", ["docs", "openapi.json"])
@pytest.mark.parametrize("method", ["post", *OTHERS])
def test_the_documents_are_only_shown(db, path, method):
    answer = getattr(Client(), method)(f"/v2/{path}")

    assert problem_in(answer, 405)["code"] == "METHOD_NOT_ALLOWED"
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("method", OTHERS)
@pytest.mark.parametrize("query", ["", "?limit=1", "?nothing=1"])
def test_the_api_refuses_a_method_before_it_looks_at_the_query(api, company, method, query):
    answer = getattr(api.client, method if method != "patch" else "put")(f"/v2/company/{company.pk}{query}")

    assert problem_in(answer, 405)["code"] == "METHOD_NOT_ALLOWED"
    assert set(answer["Allow"].split(", ")) == {"GET", "PATCH", "HEAD"}


@pytest.mark.parametrize("name", ["", "/connect", "/done", "/verify"])
@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace", "options"])
def test_a_page_of_a_contributor_refuses_a_method_before_it_asks_where_the_request_comes_from(db, name, method):
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)(f"/p/i/{make_invitation().token}{name}")

    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}


def test_a_post_without_the_token_of_its_form_is_refused_as_ever(db):
    token = make_invitation().token
    client = Client(enforce_csrf_checks=True)

    assert client.post(f"/p/i/{token}/connect").status_code == 403
    # this page takes no POST at all
    assert client.post(f"/p/i/{token}").status_code == 405
