"""What the API refuses it refuses in words that help, of the right field, and in one order."""

from typing import Any

import pytest

from companies.models import Scope
from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.factories import DatasourceFactory, make_api_key
from tests.invitations.api.operations import Operation, operations

NOWHERE = "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21"


def told(answer: Any) -> list[tuple[str, str]]:
    """Each pointer with its words."""
    return [(error["pointer"], error["detail"]) for error in problem_in(answer, 400)["errors"]]


NO_COUNTRY = "There is no such country. Give its ISO 3166-1 alpha-2 code, such as GB."
NO_TAG = "This is not a language tag such as en or de-AT (BCP 47)."


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"prefill": {"country": "gb"}}, "/prefill/country", NO_COUNTRY),
        ({"prefill": {"country": "XX"}}, "/prefill/country", NO_COUNTRY),
        ({"locale": "!!"}, "/locale", NO_TAG),
        ({"prefill": []}, "/prefill", "Give an object, in braces."),
        ([], "", "Give an object, in braces."),
        ({"allowedEmails": "a@example.com"}, "/allowedEmails", "Give a list, in brackets."),
        ({"prefill": {"utilityTypes": "GAS"}}, "/prefill/utilityTypes", "Give a list, in brackets."),
        ({"metadata": ["a"]}, "/metadata", "Give an object of names and texts, in braces."),
        ({"metadata": {"a\x00": "b"}}, "/metadata/a\x00", "A key has no NUL character."),
        ({"metadata": {"k" * 41: "b"}}, "/metadata/" + "k" * 41, "A key has at most 40 characters."),
        ({"maxUses": "1"}, "/maxUses", "Give a whole number, without quotation marks."),
        ({"sendEmail": "true"}, "/sendEmail", "Give true or false, without quotation marks."),
        ({"message": 5}, "/message", "Give text in quotation marks."),
    ],
)
def test_what_is_wrong_is_said_in_words_that_help(api, company, body, pointer, words):
    assert told(api.post(f"invitation/company/{company.pk}", body)) == [(pointer, words)]


def test_a_connection_leads_to_one_provider(api, company):
    def say(**provider: Any) -> Any:
        body = {"username": "u", "password": "p", **provider}
        return told(api.post(f"connection/company/{company.pk}", body))

    both = {"url": "https://utility.example.com", "datasourceId": str(DatasourceFactory().pk)}
    assert say() == [("/datasourceId", "Give a datasourceId or a url.")]
    assert say(**both) == [("/datasourceId", "Give a datasourceId or a url, and not both.")]


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ("limit=1&limit=2", "?limit", "This parameter is given more than once."),
        ("cursor=a&cursor=b", "?cursor", "This parameter is given more than once."),
        ("limit=5.0", "?limit", "Give a whole number in digits."),
    ],
)
def test_a_query_is_refused_in_such_words_too(api, company, query, pointer, words):
    assert told(api.client.get(f"/v2/invitation/company/{company.pk}?{query}")) == [(pointer, words)]


IN_A_PATH = [each for each in operations() if each.parameters and each.method in {"post", "patch"}]


@pytest.mark.parametrize("operation", IN_A_PATH, ids=str)
def test_first_the_query_then_the_id_then_the_body_is_looked_at(company, operation: Operation):
    caller = Api(make_api_key(company.partner, scopes=list(Scope.values))[1])
    path = operation.path(dict.fromkeys(operation.parameters, NOWHERE))
    send = getattr(caller, operation.method)

    assert told(send(f"{path}?nothing=1", {"nothing": 1}))[0][0] == "?nothing"
    assert problem_in(send(path, {"nothing": 1}), 404)["code"] == "NOT_FOUND"
