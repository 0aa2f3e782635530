"""Companies on the wire."""

import pytest

from companies.models import Company
from tests.companies.refusals import wrong_fields
from tests.factories import CompanyFactory

KEYS = {"id", "name", "locale", "replyTo", "externalId", "createdAt", "updatedAt"}
FULL = {"name": "Bäckerei & Söhne", "locale": "de-AT", "replyTo": "energie@example.com", "externalId": "crm-1"}


def test_a_company_comes_back_as_it_was_given(api, company):
    answer = api.post("company", FULL)

    assert answer.status_code == 201
    made = answer.json()
    assert made.keys() >= KEYS
    assert {name: made[name] for name in FULL} == FULL
    assert api.get(f"company/{made['id']}").json() == made
    assert Company.objects.get(pk=made["id"]).partner == company.partner


def test_a_name_is_enough(api):
    made = api.post("company", {"name": "Bakery"}).json()

    assert (made["locale"], made["replyTo"], made["externalId"]) == ("en", None, None)


def test_what_is_not_named_stays_when_it_is_changed(api):
    made = api.post("company", FULL).json()

    changed = api.patch(f"company/{made['id']}", {"name": "Bakery", "externalId": None}).json()

    assert changed == made | {"name": "Bakery", "externalId": None, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > made["updatedAt"]


WRONG = [
    ({"name": ""}, "/name"),
    ({"name": "  "}, "/name"),
    ({"name": "n" * 201}, "/name"),
    ({"name": 5}, "/name"),
    ({"name": None}, "/name"),
    ({"name": "a\x00"}, "/name"),
    ({"locale": "!"}, "/locale"),
    ({"replyTo": "nobody"}, "/replyTo"),
    ({"replyTo": "a@example.com\r\nBcc: b@example.com"}, "/replyTo"),
    ({"replyTo": ["a@example.com"]}, "/replyTo"),
    ({"externalId": "x" * 256}, "/externalId"),
    ({"externalId": 5}, "/externalId"),
    ({"id": "01a21072-4c8c-72a9-a48a-e339ae75129a"}, "/id"),
    ({"partner": "x"}, "/partner"),
    ({"partnerId": "x"}, "/partnerId"),
    ({"createdAt": "2026-01-01T00:00:00Z"}, "/createdAt"),
    ({"reply_to": "a@example.com"}, "/reply_to"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_a_field_that_does_not_hold_is_named_when_created_and_when_changed(api, company, body, pointer):
    assert wrong_fields(api.post("company", {"name": "Bakery"} | body)) == [pointer]
    assert wrong_fields(api.patch(f"company/{company.pk}", body)) == [pointer]
    assert list(Company.objects.values_list("name", flat=True)) == [company.name]


@pytest.mark.parametrize("name", ["name", "locale", "repairsAutomatically"])
def test_what_a_company_cannot_be_without_is_not_taken_away(api, company, name):
    assert wrong_fields(api.patch(f"company/{company.pk}", {name: None})) == [f"/{name}"]


def test_a_company_has_a_name(api):
    assert wrong_fields(api.post("company", {})) == ["/name"]


def test_the_list_has_the_partners_own_newest_first_page_by_page(api, company):
    more = [str(CompanyFactory(partner=company.partner).pk) for _ in range(4)]
    CompanyFactory()
    expected = [*reversed(more), str(company.pk)]

    first = api.get("company", {"limit": 3}).json()
    second = api.get("company", {"limit": 3, "cursor": first["nextCursor"]}).json()

    assert [row["id"] for row in first["companies"] + second["companies"]] == expected
    assert (first["perPage"], first["hasNext"], second["hasNext"], second["nextCursor"]) == (3, True, False, None)


def test_the_list_takes_no_other_parameters(api):
    assert wrong_fields(api.get("company", {"limit": 0, "name": "x"})) == ["?name", "?limit"]
