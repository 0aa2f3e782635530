"""What belongs to another partner does not exist; a key does what its scopes say and nothing else."""

from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from companies.models import Company, Scope
from tests.companies.refusals import problem_in, wrong_fields
from tests.conftest import Api
from tests.factories import (
    CompanyFactory,
    PartnerFactory,
    SiteFactory,
    make_api_key,
    make_connection,
    make_invitation,
)
from tests.invitations.api.operations import Operation, operations

OPERATIONS = operations()
NOT_A_CHANGE = {"companies.apikey.last_used_at"}


@pytest.fixture
def ids(company: Company) -> dict[str, Any]:
    """Something of the company's for each kind of id that stands in a path."""
    return {
        "company_id": company.pk,
        "site_id": SiteFactory(company=company).pk,
        "connection_id": make_connection(company).pk,
        "invitation_id": make_invitation(company, allowed_emails=["jane@example.com"]).pk,
    }


def send(caller: Api, operation: Operation, ids: dict[str, Any], method: str | None = None, query: str = "") -> Any:
    call = getattr(caller.client, method or operation.method)
    path = f"/v2/{operation.path(ids)}{query}"
    if operation.method == "get":
        return call(path)
    return call(path, operation.example_body or {}, content_type="application/json")


def everything() -> dict[str, Any]:
    """Every row of ours, but for when a key was used."""
    rows = {}
    for model in apps.get_models():
        if model._meta.app_label in {"companies", "connections", "invitations"}:
            names = [
                field.attname
                for field in model._meta.concrete_fields
                if f"{model._meta.label_lower}.{field.attname}" not in NOT_A_CHANGE
            ]
            rows[model._meta.label] = list(model.objects.order_by("pk").values(*names))
    return rows


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_no_operation_ignores_a_query_parameter_that_it_does_not_know(ids, company, operation):
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])
    before = everything()

    answer = send(caller, operation, ids, query="?foo=1")

    assert wrong_fields(answer) == ["?foo"]
    assert everything() == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_no_answer_may_be_kept_on_the_way(ids, company, operation):
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])

    for answer in (send(caller, operation, ids), send(Api(None), operation, ids)):
        assert answer["Cache-Control"] == "no-store"


def test_there_are_operations_to_try():
    assert {"get ping", "post company", "post invitation/<uuid:invitation_id>/revoke"} <= set(map(str, OPERATIONS))


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.parameters], ids=str)
def test_another_partners_id_is_a_404_and_nothing_changes(stranger, ids, operation):
    before = everything()

    answer = send(stranger, operation, ids)

    assert problem_in(answer, 404)["code"] == "NOT_FOUND"
    assert everything() == before


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.parameters], ids=str)
def test_a_strangers_404_is_the_same_as_that_of_an_id_that_is_not_there(stranger, ids, operation):
    nowhere = dict.fromkeys(ids, UUID(int=7))

    there = send(stranger, operation, ids).json()
    not_there = send(stranger, operation, nowhere).json()

    assert there | {"requestId": ""} == not_there | {"requestId": ""}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_owner_may_do_it_with_the_example_of_the_document(ids, company, operation):
    owner = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])

    assert send(owner, operation, ids).status_code in {200, 201, 202}


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if not each.parameters], ids=str)
def test_an_operation_without_an_id_shows_nothing_of_another_partners(stranger, ids, operation):
    answer = send(stranger, operation, ids)

    for value in ids.values():
        assert str(value) not in answer.content.decode()


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_names_the_scope_it_needs(operation):
    assert operation.method.upper() in operation.view.scopes


def scoped(operation: Operation) -> bool:
    return operation.view.scopes[operation.method.upper()] is not None


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if scoped(each)], ids=str)
def test_a_key_without_the_scope_is_told_so_and_changes_nothing(ids, company, operation):
    others = set(Scope.values) - {operation.view.scopes[operation.method.upper()]}
    caller = Api(make_api_key(company.partner, scopes=sorted(others))[1])
    before = everything()

    answer = send(caller, operation, ids)

    assert problem_in(answer, 403)["code"] == "SCOPE_MISSING"
    assert everything() == before


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "get" and scoped(each)], ids=str)
def test_a_head_needs_the_scope_of_its_get(ids, company, operation):
    others = set(Scope.values) - {operation.view.scopes["GET"]}
    caller = Api(make_api_key(company.partner, scopes=sorted(others))[1])

    assert send(caller, operation, ids, "head").status_code == 403


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if scoped(each)], ids=str)
def test_the_scope_alone_is_enough(ids, company, operation):
    scope = operation.view.scopes[operation.method.upper()]
    caller = Api(make_api_key(company.partner, scopes=[scope])[1])

    assert send(caller, operation, ids).status_code in {200, 201, 202}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_without_a_key_there_is_nothing(db, operation):
    nowhere = dict.fromkeys(("company_id", "site_id", "connection_id", "invitation_id"), UUID(int=7))

    answer = send(Api(None), operation, nowhere)

    problem_in(answer, 401)
    assert answer["WWW-Authenticate"]


def test_another_partners_site_is_no_site_of_the_company(api, company):
    theirs = str(SiteFactory().pk)

    invitation = api.post(f"invitation/company/{company.pk}", {"prefill": {"initialSites": [theirs]}})
    connection = api.post(
        f"connection/company/{company.pk}",
        {"url": "https://utility.example.com", "username": "u", "password": "p", "siteIds": [theirs]},
    )

    assert wrong_fields(invitation) == ["/prefill/initialSites/0"]
    assert wrong_fields(connection) == ["/siteIds/0"]


def test_another_partners_connection_finds_no_invitation(api, company):
    theirs = make_connection()

    answer = api.get(f"invitation/company/{company.pk}", {"connectionId": str(theirs.pk)})

    assert answer.json()["invitations"] == []


@pytest.mark.parametrize("name", ["invitation", "site", "connection"])
def test_of_a_partners_companies_the_one_in_the_path_is_meant(api, company, name):
    companies = [company, *CompanyFactory.create_batch(3, partner=company.partner)]
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
