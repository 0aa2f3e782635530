"""Objects of other partners and of the other mode do not exist, and a key does what its scopes allow.

Only test keys can use all operations, so most rows here are test rows.
"""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from companies.models import ApiKeyUse, Company, RequestQuota, Scope
from tests.companies.refusals import problem_in, wrong_fields
from tests.config.api.operations import Operation, operations, path_ids
from tests.conftest import Api
from tests.factories import CompanyFactory, PartnerFactory, SiteFactory, make_api_key, make_connection, make_full_key

OPERATIONS = operations()
WITH_ID = [operation for operation in OPERATIONS if operation.parameters]
SCOPED = [operation for operation in OPERATIONS if operation.scope]
NOWHERE = dict.fromkeys({name for operation in OPERATIONS for name in operation.parameters}, UUID(int=7))
NOT_A_CHANGE = {"companies.apikey.last_used_at"}
COUNTED = {RequestQuota, ApiKeyUse}


@pytest.fixture
def company(db: None) -> Company:
    return CompanyFactory.create(is_live=False)


@pytest.fixture
def ids(company: Company) -> dict[str, Any]:
    return path_ids(company)


@pytest.fixture
def owner(company: Company) -> Api:
    return Api(make_full_key(company)[1])


def others_of(company: Company) -> dict[str, Api]:
    """Clients with all scopes that may not see the company: of another partner or mode, and of a key without it."""
    companies = {
        "other partner": CompanyFactory.create(is_live=company.is_live),
        "other mode": CompanyFactory.create(partner=company.partner, is_live=not company.is_live),
        "limited": CompanyFactory.create(partner=company.partner, is_live=company.is_live),
    }
    limits = {"limited": [companies["limited"].pk]}
    return {name: Api(make_full_key(each, company_ids=limits.get(name, ()))[1]) for name, each in companies.items()}


def send(caller: Api, operation: Operation, ids: dict[str, Any], method: str | None = None, query: str = "") -> Any:
    call = getattr(caller.client, method or operation.method)
    path = f"/v2/{operation.path(ids)}{query}"
    if operation.method == "get":
        return call(path)
    return call(path, operation.example_body, content_type="application/json")


def everything() -> dict[str, Any]:
    """All rows, except for what is counted of a key's requests."""
    rows = {}
    for model in apps.get_models():
        if model._meta.app_label in {"companies", "connections", "invitations"} and model not in COUNTED:
            names = [
                field.attname
                for field in model._meta.concrete_fields
                if f"{model._meta.label_lower}.{field.attname}" not in NOT_A_CHANGE
            ]
            rows[model._meta.label] = list(model.objects.order_by("pk").values(*names))
    return rows


def test_operations_are_found():
    assert {"get ping", "post company", "post invitation/<uuid:invitation_id>/revoke"} <= set(map(str, OPERATIONS))


def test_unknown_query_parameters_are_rejected(ids, owner):
    before = everything()

    for operation in OPERATIONS:
        assert wrong_fields(send(owner, operation, ids, query="?foo=1")) == ["?foo"], operation
    assert everything() == before


def test_responses_are_not_cached(ids, owner):
    for operation in OPERATIONS:
        for caller in (owner, Api(None)):
            assert send(caller, operation, ids)["Cache-Control"] == "no-store", operation


def hidden_rows(company: Company) -> list[tuple[str, dict[str, Any], Api]]:
    """Ids with clients that must not see them: of a test company with all sorts of clients, and of a live one."""
    live, ids = CompanyFactory.create(partner=company.partner), path_ids(company)
    hidden = [(name, ids, caller) for name, caller in others_of(company).items()]
    return [*hidden, ("test key", path_ids(live), Api(make_full_key(company)[1]))]


def test_ids_of_others_give_404(company):
    hidden = hidden_rows(company)
    before = everything()

    for operation in WITH_ID:
        missing = send(hidden[0][2], operation, NOWHERE).json() | {"requestId": ""}
        assert (missing["status"], missing["code"]) == (404, "NOT_FOUND"), operation
        for name, ids, caller in hidden:
            theirs = send(caller, operation, ids).json() | {"requestId": ""}
            if operation.scope == Scope.TEST and name == "other mode":
                assert (theirs["status"], theirs["code"]) == (403, "TEST_KEY_REQUIRED"), operation
            else:
                assert theirs == missing, (operation, name)
    assert everything() == before


def test_operations_without_id_show_no_others(company):
    for operation, (name, ids, caller) in product(OPERATIONS, hidden_rows(company)):
        if not operation.parameters:
            shown = send(caller, operation, ids).content.decode()
            assert [name for name, value in ids.items() if str(value) in shown] == [], (operation, name)


def test_created_company_has_mode_of_key(company):
    for is_live in (True, False):
        caller = Api(make_full_key(Company(partner=company.partner, is_live=is_live))[1])
        made = caller.post("company", {"name": "Bakery"}).json()["id"]
        assert Company.objects.get(pk=made).is_live == is_live
        assert made in [each["id"] for each in caller.get("company").json()["companies"]]


def test_limited_key_cannot_create_companies(company):
    limited = others_of(company)["limited"]

    assert limited.post("company", {"name": "Bakery"}).json()["code"] == "KEY_LIMITED_TO_COMPANIES"


def test_missing_scope_is_rejected(ids, company):
    before = everything()
    for operation in SCOPED:
        others = sorted(set(Scope.values) - {operation.scope})
        key, value = make_api_key(company.partner, scopes=others, is_live=company.is_live)
        caller = Api(value)

        response = send(caller, operation, ids)

        assert problem_in(response, 403)["code"] == "SCOPE_MISSING", operation
        if operation.method == "get":
            assert send(caller, operation, ids, "head").status_code == 403, operation
        key.delete()
    assert everything() == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_required_scope_is_enough(ids, company, operation):
    scopes = [operation.scope] if operation.scope else []
    caller = Api(make_api_key(company.partner, scopes=scopes, is_live=company.is_live)[1])

    assert send(caller, operation, ids).status_code in {200, 201, 202, 207}


def test_only_ping_and_providers_need_no_scope():
    assert {str(operation) for operation in OPERATIONS if not operation.scope} == {"get ping", "get datasource"}


def test_requests_without_key_are_unauthorized(db):
    for operation in OPERATIONS:
        response = send(Api(None), operation, NOWHERE)
        problem_in(response, 401)
        assert response["WWW-Authenticate"], operation


def test_query_is_checked_before_id_and_body(owner):
    for operation in WITH_ID:
        path = operation.path(NOWHERE)
        if operation.method == "get":
            continue
        call = getattr(owner, operation.method)
        assert wrong_fields(call(f"{path}?nothing=1", {"nothing": 1})) == ["?nothing"], operation
        assert problem_in(call(path, {"nothing": 1}), 404)["code"] == "NOT_FOUND", operation


def test_sites_of_other_partners_are_rejected(api, company):
    theirs = str(SiteFactory().pk)

    invitation = api.post(f"invitation/company/{company.pk}", {"prefill": {"initialSites": [theirs]}})
    connection = api.post(
        f"connection/company/{company.pk}",
        {"url": "https://utility.example.com", "username": "u", "password": "p", "siteIds": [theirs]},
    )

    assert wrong_fields(invitation) == ["/prefill/initialSites/0"]
    assert wrong_fields(connection) == ["/siteIds/0"]


def test_connections_of_other_partners_match_nothing(api, company):
    theirs = make_connection()

    response = api.get(f"invitation/company/{company.pk}", {"connectionId": str(theirs.pk)})

    assert response.json()["invitations"] == []


@pytest.mark.parametrize("name", ["invitation", "site", "connection"])
def test_the_company_in_the_path_counts(api, company, name):
    companies = [company, *CompanyFactory.create_batch(3, partner=company.partner, is_live=company.is_live)]
    bodies = {
        "site": {"name": "Roof"},
        "connection": {"url": "https://x.example.com", "username": "u", "password": "p"},
    }

    for each in companies:
        made = api.post(f"{name}/company/{each.pk}", bodies.get(name, {})).json()
        assert made["companyId"] == str(each.pk)
        (listed,) = api.get(f"{name}/company/{each.pk}").json()[f"{name}s"]
        assert listed["id"] == made["id"]
        assert api.get(f"company/{each.pk}").json()["name"] == each.name


def test_a_new_partner_has_no_companies(db):
    newcomer = Api(make_api_key(PartnerFactory())[1])

    assert newcomer.get("company").json()["companies"] == []
