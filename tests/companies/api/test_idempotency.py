"""POSTs with an `Idempotency-Key`."""

import pytest

from companies.models import Company
from companies.services.partners import update_api_key
from tests.companies.api.keyed import post
from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.factories import CompanyFactory, SiteFactory, make_api_key


def test_retry_gets_the_stored_response(api, company):
    path = f"invitation/company/{company.pk}"

    first = post(api, path, {"maxUses": 1}, key="order-1")
    second = post(api, path, {"maxUses": 1}, key="order-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Content-Type"] == first["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["X-Request-Id"] != first["X-Request-Id"]
    assert company.invitations.count() == 1


def test_every_post_accepts_a_key(api, company):
    invitation = api.post(f"invitation/company/{company.pk}").json()
    url = {"url": "https://utility.example.com", "username": "u", "password": "p"}
    posts = [
        ("company", {"name": "Another"}),
        (f"site/company/{company.pk}", {"name": "Roof"}),
        (f"connection/company/{company.pk}", url),
        (f"invitation/company/{company.pk}", {}),
        (f"invitation/{invitation['id']}/revoke", {}),
    ]
    for number, (path, body) in enumerate(posts):
        first = post(api, path, body, key=f"key {number}")
        second = post(api, path, body, key=f"key {number}")
        assert second["Idempotent-Replayed"] == "true", path
        assert second.content == first.content, path


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"Bakery","externalId":"1"}',
        b'{"externalId":"1","name":"Bakery"}',
        b' {"name" : "Bakery",\n\t"externalId": "\\u0031"} ',
    ],
)
def test_order_and_spacing_do_not_matter(api, body):
    post(api, "company", {"name": "Bakery", "externalId": "1"}, key="k")

    headers = {"Idempotency-Key": "k"}
    again = api.client.post("/v2/company", body, content_type="application/json", headers=headers)

    assert again["Idempotent-Replayed"] == "true"


def test_key_reuse_with_other_body_is_rejected(api):
    post(api, "company", {"name": "Bakery"}, key="k")

    answer = post(api, "company", {"name": "Brewery"}, key="k")

    assert problem_in(answer, 422)["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert not Company.objects.filter(name="Brewery").exists()


def test_key_reuse_at_other_path_is_rejected(api, company):
    other = CompanyFactory(partner=company.partner)
    post(api, f"invitation/company/{company.pk}", key="k")

    problem_in(post(api, f"invitation/company/{other.pk}", key="k"), 422)

    assert not other.invitations.exists()


def test_key_is_255_printable_ascii_characters(api):
    # web servers join two headers of one name with a comma
    for key in ("", "k" * 256, "a\x00b", "clé", "☃", "a\tb", "a,b", "a, a"):
        problem = problem_in(post(api, "company", {"name": "Bakery"}, key=key), 400)
        assert (problem["code"], problem["errors"]) == ("INVALID_IDEMPOTENCY_KEY", []), key
        assert problem["detail"].startswith("Send one Idempotency-Key of 1 to 255 characters of printable ASCII")
    assert post(api, "company", {"name": "Bakery"}, key="k" * 255).status_code == 201


def test_keys_are_separate_for_each_api_key(api, company, stranger):
    colleague = Api(make_api_key(company.partner)[1])

    names = [post(caller, "company", {"name": "Bakery"}, key="k").json()["id"] for caller in (api, colleague, stranger)]

    assert len(set(names)) == 3


def test_limited_key_repeats_nothing_of_others(company):
    key, value = make_api_key(company.partner)
    other, api = CompanyFactory(partner=company.partner), Api(value)
    site = SiteFactory(company=company)
    posts = {"created": f"invitation/company/{company.pk}", "archived": f"site/{site.pk}/archive"}

    def statuses() -> dict[str, int]:
        return {name: post(api, path, key=name).status_code for name, path in posts.items()}

    assert statuses() == {"created": 201, "archived": 200}
    limited = {each: update_api_key(key, company_ids=[each.pk]) and statuses() for each in (company, other)}
    assert limited == {company: {"created": 201, "archived": 200}, other: {"created": 404, "archived": 404}}


@pytest.mark.parametrize("depth", [100, 254, 255, 1000])
def test_deeply_nested_body_with_key_is_rejected(api, depth):
    body = b'{"name":' + b"[" * depth + b"]" * depth + b"}"
    headers = {"Idempotency-Key": "k"}

    answer = api.client.post("/v2/company", body, content_type="application/json", headers=headers)

    assert answer.status_code == 400
