from companies.models import Company
from tests.companies.refusals import wrong_fields
from tests.factories import CompanyFactory

KEYS = {"id", "name", "locale", "replyTo", "externalId", "createdAt", "updatedAt"}
FULL = {"name": "Bäckerei & Söhne", "locale": "de-AT", "replyTo": "energie@example.com", "externalId": "crm-1"}


def test_create_company(api, company):
    answer = api.post("company", FULL)

    assert answer.status_code == 201
    made = answer.json()
    assert made.keys() >= KEYS
    assert {name: made[name] for name in FULL} == FULL
    assert api.get(f"company/{made['id']}").json() == made
    assert Company.objects.get(pk=made["id"]).partner == company.partner


def test_create_company_with_name_only(api):
    made = api.post("company", {"name": "Bakery"}).json()

    assert (made["locale"], made["replyTo"], made["externalId"]) == ("en", None, None)


def test_update_keeps_omitted_fields(api):
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
    ({"timeZone": "Europe/Berlim"}, "/timeZone"),
    ({"externalId": "x" * 256}, "/externalId"),
    ({"externalId": 5}, "/externalId"),
    ({"id": "01a21072-4c8c-72a9-a48a-e339ae75129a"}, "/id"),
    ({"partner": "x"}, "/partner"),
    ({"partnerId": "x"}, "/partnerId"),
    ({"createdAt": "2026-01-01T00:00:00Z"}, "/createdAt"),
    ({"reply_to": "a@example.com"}, "/reply_to"),
]


def test_invalid_fields_are_named(api, company):
    for body, pointer in WRONG:
        assert wrong_fields(api.post("company", {"name": "Bakery"} | body)) == [pointer]
        assert wrong_fields(api.patch(f"company/{company.pk}", body)) == [pointer]
        assert list(Company.objects.values_list("name", flat=True)) == [company.name]


def test_update_rejects_null_for_required_fields(api, company):
    for name in ["name", "locale", "timeZone", "repairsAutomatically"]:
        assert wrong_fields(api.patch(f"company/{company.pk}", {name: None})) == [f"/{name}"]


def test_create_requires_a_name(api):
    assert wrong_fields(api.post("company", {})) == ["/name"]


def test_list_companies_newest_first(api, company):
    more = [str(CompanyFactory(partner=company.partner).pk) for _ in range(4)]
    CompanyFactory()
    expected = [*reversed(more), str(company.pk)]

    first = api.get("company", {"limit": 3}).json()
    second = api.get("company", {"limit": 3, "cursor": first["nextCursor"]}).json()

    assert [row["id"] for row in first["companies"] + second["companies"]] == expected
    assert (first["perPage"], first["hasNext"], second["hasNext"], second["nextCursor"]) == (3, True, False, None)


def test_list_rejects_invalid_parameters(api):
    assert wrong_fields(api.get("company", {"limit": 0, "name": "x"})) == ["?name", "?limit"]
