"""POST /v2/invitation/company/{companyId}: what is refused, each by its place and its code."""

from typing import Any
from uuid import UUID

import pytest

from invitations.models import Invitation
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import DatasourceFactory, SiteFactory
from tests.invitations.api.creating import HUNDRED, TEN_YEARS, create

PAST_THE_LIMIT: list[tuple[str, Any, str, str]] = [
    ("expiresInSeconds", 59, "/expiresInSeconds", "MIN_VALUE"),
    ("expiresInSeconds", 0, "/expiresInSeconds", "MIN_VALUE"),
    ("expiresInSeconds", -60, "/expiresInSeconds", "MIN_VALUE"),
    ("expiresInSeconds", TEN_YEARS + 1, "/expiresInSeconds", "MAX_VALUE"),
    ("expiresInSeconds", 10**18, "/expiresInSeconds", "MAX_VALUE"),
    ("maxUses", 0, "/maxUses", "MIN_VALUE"),
    ("maxUses", -1, "/maxUses", "MIN_VALUE"),
    ("maxUses", 1_000_001, "/maxUses", "MAX_VALUE"),
    ("maxUses", 10**40, "/maxUses", "INVALID"),
    ("allowedEmails", [*HUNDRED, "one.more@example.com"], "/allowedEmails", "MAX_LENGTH"),
    ("allowedEmails", ["fine@example.com", "not an address"], "/allowedEmails/1", "INVALID_EMAIL"),
    ("allowedEmails", ["fine@example.com", ""], "/allowedEmails/1", "BLANK"),
    ("allowedEmails", ["fine@example.com", "*@*"], "/allowedEmails/1", "INVALID_EMAIL"),
    ("allowedEmails", ["fine@example.com", "*"], "/allowedEmails/1", "INVALID_EMAIL"),
    ("allowedEmails", ["a@example.com\nBcc: b@example.com"], "/allowedEmails/0", "INVALID_EMAIL"),
    ("allowedEmails", ["a@example"], "/allowedEmails/0", "INVALID_EMAIL"),
    ("allowedEmails", ["a@" + "b" * 253], "/allowedEmails/0", "MAX_LENGTH"),
    ("message", "m" * 2001, "/message", "MAX_LENGTH"),
    ("externalId", "x" * 256, "/externalId", "MAX_LENGTH"),
    ("externalId", "", "/externalId", "BLANK"),
    ("locale", "not a language", "/locale", "INVALID"),
    ("locale", "e", "/locale", "INVALID"),
    ("locale", "", "/locale", "BLANK"),
    ("locale", "de_AT", "/locale", "INVALID"),
    ("metadata", {f"key {number}": "value" for number in range(21)}, "/metadata", "MAX_PAIRS"),
    ("metadata", {"k" * 41: "value"}, "/metadata/" + "k" * 41, "INVALID_KEY"),
    ("metadata", {"key": "v" * 501}, "/metadata/key", "MAX_LENGTH"),
    ("redirectUrl", "https://partner.example.com/" + "x" * 473, "/redirectUrl", "MAX_LENGTH"),
    ("prefill", {"country": "gb"}, "/prefill/country", "INVALID"),
    ("prefill", {"country": "GBR"}, "/prefill/country", "INVALID"),
    ("prefill", {"country": "ZZ"}, "/prefill/country", "INVALID"),
    ("prefill", {"utilityTypes": ["STEAM"]}, "/prefill/utilityTypes/0", "INVALID_CHOICE"),
    ("prefill", {"utilityTypes": ["GAS", "gas"]}, "/prefill/utilityTypes/1", "INVALID_CHOICE"),
    ("prefill", {"utilityTypes": ["GAS"] * 8}, "/prefill/utilityTypes", "MAX_LENGTH"),
    ("prefill", {"dataCollectionStartDate": "2025-02-29"}, "/prefill/dataCollectionStartDate", "INVALID"),
    ("prefill", {"dataCollectionStartDate": "29.02.2024"}, "/prefill/dataCollectionStartDate", "INVALID"),
    ("prefill", {"dataCollectionStartDate": "10000-01-01"}, "/prefill/dataCollectionStartDate", "INVALID"),
    ("prefill", {"dataCollectionStartDate": "9999-12-31"}, "/prefill/dataCollectionStartDate", "OUT_OF_RANGE"),
    ("prefill", {"dataCollectionStartDate": "0001-01-01"}, "/prefill/dataCollectionStartDate", "OUT_OF_RANGE"),
    ("prefill", {"connectionOwnerEmail": "nobody"}, "/prefill/connectionOwnerEmail", "INVALID_EMAIL"),
    ("prefill", {"connectionOwnerEmail": "o@" + "x" * 253}, "/prefill/connectionOwnerEmail", "MAX_LENGTH"),
    ("prefill", {"lockedFields": ["password"]}, "/prefill/lockedFields/0", "INVALID_CHOICE"),
    ("prefill", {"lockedFields": ["lockedFields"]}, "/prefill/lockedFields/0", "INVALID_CHOICE"),
    ("prefill", {"country": "GB", "lockedFields": ["country"] * 8}, "/prefill/lockedFields", "MAX_LENGTH"),
    ("prefill", {"initialSites": ["somewhere"]}, "/prefill/initialSites/0", "INVALID"),
    ("prefill", {"initialSites": [str(UUID(int=7))] * 1001}, "/prefill/initialSites", "MAX_LENGTH"),
    ("prefill", {"url": "https://" + "u" * 500 + ".example.com"}, "/prefill/url", "MAX_LENGTH"),
    ("prefill", {"url": "portal.example.com"}, "/prefill/url", "INVALID"),
]


@pytest.mark.parametrize(("field", "value", "pointer", "code"), PAST_THE_LIMIT)
def test_a_value_past_the_limit_is_refused_by_name(api, company, field, value, pointer, code):
    answer = create(api, company, {field: value})

    (error,) = problem_in(answer, 400)["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert error["detail"]
    assert not Invitation.objects.exists()


WRONG_TYPES: list[tuple[str, list[Any]]] = [
    ("allowedEmails", ["a@example.com", {}, {"0": "a@example.com"}, 5, True]),
    ("expiresInSeconds", ["3600", 3600.0, 3600.5, True, [3600], {}]),
    ("maxUses", ["5", 5.0, 1.5, True, [5], {}]),
    ("sendEmail", [0, 1, "true", "false", "", []]),
    ("prefill", ["GB", 5, [], [{}], True]),
    ("message", [5, True, ["Hello"], {}]),
    ("locale", [5, True, ["en"], {}]),
    ("externalId", [5, True, ["x"], {}]),
    ("metadata", ["x", 5, [], True]),
    ("redirectUrl", [5, True, ["https://example.com"], {}]),
]


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG_TYPES for value in values])
def test_a_value_of_another_type_is_refused_and_not_converted(api, company, field, value):
    answer = create(api, company, {field: value})

    assert wrong_fields(answer) == [f"/{field}"]
    assert not Invitation.objects.exists()


WRONG_TYPES_INSIDE: list[tuple[str, Any]] = [
    ("/allowedEmails/0", {"allowedEmails": [5]}),
    ("/allowedEmails/1", {"allowedEmails": ["a@example.com", None]}),
    ("/metadata/count", {"metadata": {"count": 5}}),
    ("/metadata/flag", {"metadata": {"flag": True}}),
    ("/metadata/none", {"metadata": {"none": None}}),
    ("/metadata/inner", {"metadata": {"inner": {"more": "x"}}}),
    ("/metadata/a~1b~0c", {"metadata": {"a/b~c": 5}}),
    ("/prefill/datasourceId", {"prefill": {"datasourceId": "British Gas"}}),
    ("/prefill/datasourceId", {"prefill": {"datasourceId": [str(UUID(int=7))]}}),
    ("/prefill/url", {"prefill": {"url": 5}}),
    ("/prefill/initialSites", {"prefill": {"initialSites": str(UUID(int=7))}}),
    ("/prefill/utilityTypes", {"prefill": {"utilityTypes": "GAS"}}),
    ("/prefill/utilityTypes/0", {"prefill": {"utilityTypes": [["GAS"]]}}),
    ("/prefill/utilityTypes/0", {"prefill": {"utilityTypes": [None]}}),
    ("/prefill/country", {"prefill": {"country": 44}}),
    ("/prefill/connectionOwnerEmail", {"prefill": {"connectionOwnerEmail": True}}),
    ("/prefill/dataCollectionStartDate", {"prefill": {"dataCollectionStartDate": 20240229}}),
    ("/prefill/dataCollectionStartDate", {"prefill": {"dataCollectionStartDate": "2024-02-29T10:00:00Z"}}),
    ("/prefill/lockedFields", {"prefill": {"lockedFields": "country"}}),
    ("/prefill/lockedFields/0", {"prefill": {"lockedFields": [{"country": True}]}}),
]


@pytest.mark.parametrize(("pointer", "body"), WRONG_TYPES_INSIDE)
def test_a_wrong_type_inside_a_list_or_an_object_is_named_at_its_place(api, company, pointer, body):
    assert wrong_fields(create(api, company, body)) == [pointer]


UNKNOWN: list[tuple[str, Any]] = [
    # a misspelt `allowedEmail` must never make an open invitation
    ("/allowedEmail", {"allowedEmail": ["a@example.com"]}),
    ("/allowedemails", {"allowedemails": ["a@example.com"]}),
    ("/allowed_emails", {"allowed_emails": ["a@example.com"]}),
    ("/prefill/Country", {"prefill": {"Country": "GB"}}),
    ("/prefill/sites", {"prefill": {"sites": []}}),
    ("/prefill/locked_fields", {"prefill": {"locked_fields": ["country"]}}),
    ("/prefill/password", {"prefill": {"password": "secret"}}),
    ("/a~1b~0", {"a/b~": 1}),
    ("/", {"": 1}),
    ("/?query", {"?query": 1}),
]


@pytest.mark.parametrize(("pointer", "body"), UNKNOWN)
def test_an_unknown_field_is_refused_by_name(api, company, pointer, body):
    answer = create(api, company, body)

    assert wrong_fields(answer) == [pointer]
    assert answer.json()["errors"][0]["code"] == "UNKNOWN_FIELD"
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "field",
    [
        *(
            "id",
            "token",
            "tokenHash",
            "sealedToken",
            "invitationType",
            "status",
            "invitationUrl",
            "companyId",
            "company",
        ),
        *("connectionId", "useCount", "expiresAt", "createdAt", "updatedAt", "revokedAt", "createdConnections"),
        *("company", "events", "deliveries", "partner", "lastViewedAt"),
    ],
)
def test_a_field_that_is_not_the_callers_is_refused(api, company, field):
    assert wrong_fields(create(api, company, {field: None})) == [f"/{field}"]


def test_everything_that_is_wrong_is_named_at_once(api, company):
    body = {"maxUses": 0, "message": 5, "prefill": {"country": "x", "utilityTypes": ["GAS", "X", "Y"]}}

    assert sorted(wrong_fields(create(api, company, body))) == [
        "/maxUses",
        "/message",
        "/prefill/country",
        "/prefill/utilityTypes/1",
        "/prefill/utilityTypes/2",
    ]


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("/message", lambda text: {"message": text}),
        ("/externalId", lambda text: {"externalId": text}),
        ("/locale", lambda text: {"locale": text}),
        ("/allowedEmails/0", lambda text: {"allowedEmails": [text]}),
        ("/metadata/{text}", lambda text: {"metadata": {text: "value"}}),
        ("/metadata/key", lambda text: {"metadata": {"key": text}}),
        ("/redirectUrl", lambda text: {"redirectUrl": text}),
        ("/prefill/url", lambda text: {"prefill": {"url": text}}),
        ("/prefill/country", lambda text: {"prefill": {"country": text}}),
        ("/prefill/connectionOwnerEmail", lambda text: {"prefill": {"connectionOwnerEmail": text}}),
    ],
)
def test_a_nul_character_is_refused_wherever_it_stands(api, company, pointer, body, text):
    assert set(wrong_fields(create(api, company, body(text)))) == {pointer.format(text=text)}


@pytest.mark.parametrize(
    "url",
    [
        *("https://partner.example.com/thanks/", "https://partner.example.com/thanks#x", "HTTPS://partner.example.com"),
        *("https://partner.example.com.evil.example/thanks", "https://[partner", "javascript:alert(1)", "//evil", "?"),
    ],
)
def test_a_redirect_that_is_not_exactly_on_the_partners_list_is_refused(api, company, url):
    company.partner.redirect_urls = ["https://partner.example.com/thanks"]
    company.partner.save()

    assert wrong_fields(create(api, company, {"redirectUrl": url})) == ["/redirectUrl"]


def test_what_the_service_refuses_in_the_prefill_is_named_by_pointer(api, company):
    stranger_site = SiteFactory()
    mine = SiteFactory(company=company)
    refused: list[tuple[Any, str]] = [
        ({"datasourceId": str(UUID(int=7))}, "/prefill/datasourceId"),
        ({"datasourceId": str(DatasourceFactory().pk), "url": "https://utility.example.com"}, "/prefill/url"),
        ({"initialSites": [str(mine.pk), str(stranger_site.pk)]}, "/prefill/initialSites/1"),
        ({"lockedFields": ["country"]}, "/prefill/lockedFields/0"),
        ({"country": "GB", "lockedFields": ["country", "url"]}, "/prefill/lockedFields/1"),
        ({"url": "javascript:alert(1)"}, "/prefill/url"),
        ({"url": "http://utility.example.com"}, "/prefill/url"),
    ]
    for prefill, pointer in refused:
        assert wrong_fields(create(api, company, {"prefill": prefill})) == [pointer]
    assert not Invitation.objects.exists()
