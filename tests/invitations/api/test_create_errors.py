"""POST /v2/invitation/company/{companyId}: invalid bodies, with the pointer and code of each error."""

from typing import Any
from uuid import UUID

from config.validators import INVALID_LANGUAGE_TAG
from invitations.models import Invitation
from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import DatasourceFactory, SiteFactory
from tests.invitations.api.creating import HUNDRED, TEN_YEARS, create

INVALID: list[tuple[str, Any, str, str]] = [
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


def test_invalid_values_are_rejected_by_name(api, company):
    for field, value, pointer, code in INVALID:
        (error,) = problem_in(create(api, company, {field: value}), 400)["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code), (field, value)
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


def test_other_types_are_not_converted(api, company):
    for field, values in WRONG_TYPES:
        for value in values:
            assert wrong_fields(create(api, company, {field: value})) == [f"/{field}"], (field, value)
    assert not Invitation.objects.exists()


WRONG_NESTED_TYPES: list[tuple[str, Any]] = [
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


def test_nested_values_are_rejected_by_pointer(api, company):
    for pointer, body in WRONG_NESTED_TYPES:
        assert wrong_fields(create(api, company, body)) == [pointer], body


UNKNOWN: list[tuple[str, Any, str]] = [
    # a misspelt `allowedEmail` must never create an open invitation
    ("/allowedEmail", {"allowedEmail": ["a@example.com"]}, " Did you mean allowedEmails?"),
    ("/allowedemails", {"allowedemails": ["a@example.com"]}, " Did you mean allowedEmails?"),
    ("/allowed_emails", {"allowed_emails": ["a@example.com"]}, " Did you mean allowedEmails?"),
    ("/prefill/Country", {"prefill": {"Country": "GB"}}, " Did you mean country?"),
    ("/prefill/locked_fields", {"prefill": {"locked_fields": ["country"]}}, " Did you mean lockedFields?"),
    ("/prefill/password", {"prefill": {"password": "secret"}}, ""),
    ("/useCount", {"useCount": 0}, ""),
    ("/a~1b~0", {"a/b~": 1}, ""),
    ("/", {"": 1}, ""),
    ("/?query", {"?query": 1}, ""),
]


def test_unknown_fields_suggest_the_nearest(api, company):
    for pointer, body, suggestion in UNKNOWN:
        (error,) = problem_in(create(api, company, body), 400)["errors"]
        assert error == {
            "pointer": pointer,
            "code": "UNKNOWN_FIELD",
            "detail": f"Unknown field.{suggestion}",
        }
    assert not Invitation.objects.exists()


def test_all_errors_are_reported_at_once(api, company):
    prefill = {"country": "x", "utilityTypes": ["GAS", "X", "Y"], "Url": ""}
    body = {"allowedEmail": [], "maxUses": 0, "message": 5, "prefill": prefill}

    assert sorted(wrong_fields(create(api, company, body))) == [
        "/allowedEmail",
        "/maxUses",
        "/message",
        "/prefill/Url",
        "/prefill/country",
        "/prefill/utilityTypes/1",
        "/prefill/utilityTypes/2",
    ]


def test_errors_of_services_stand_beside_others(api, company):
    nowhere = str(UUID(int=0))
    prefill = {
        "url": "https://localhost",
        "initialSites": [nowhere, nowhere],
        "connectionOwnerEmail": "x",
        "country": "x",
    }
    body = {"allowedEmails": ["a", "b*@c.example"], "redirectUrl": "https://x.example", "prefill": prefill, "foo": 1}
    both = {
        "url": "https://localhost",
        "datasourceId": nowhere,
        "lockedFields": ["country"],
        "connectionOwnerEmail": "x",
    }

    assert sorted(wrong_fields(create(api, company, body))) == [
        *("/allowedEmails/0", "/allowedEmails/1", "/foo", "/prefill/connectionOwnerEmail", "/prefill/country"),
        *("/prefill/initialSites/0", "/prefill/initialSites/1", "/prefill/url", "/redirectUrl"),
    ]
    assert sorted(wrong_fields(create(api, company, {"prefill": both, "maxUses": 0}))) == [
        *("/maxUses", "/prefill/connectionOwnerEmail", "/prefill/datasourceId", "/prefill/lockedFields/0"),
        "/prefill/url",
    ]


NUL = "a\x00b"
WITH_NUL: dict[str, Any] = {
    "/message": {"message": NUL},
    "/externalId": {"externalId": NUL},
    "/locale": {"locale": NUL},
    "/allowedEmails/0": {"allowedEmails": [NUL]},
    f"/metadata/{NUL}": {"metadata": {NUL: "value"}},
    "/metadata/key": {"metadata": {"key": NUL}},
    "/redirectUrl": {"redirectUrl": NUL},
    "/prefill/url": {"prefill": {"url": NUL}},
    "/prefill/country": {"prefill": {"country": NUL}},
    "/prefill/connectionOwnerEmail": {"prefill": {"connectionOwnerEmail": NUL}},
}


def test_nul_characters_are_rejected(api, company):
    for pointer, body in WITH_NUL.items():
        assert set(wrong_fields(create(api, company, body))) == {pointer}


def test_redirect_must_match_exactly(api, company):
    for url in [
        *("https://partner.example.com/thanks/", "https://partner.example.com/thanks#x", "HTTPS://partner.example.com"),
        *("https://partner.example.com.evil.example/thanks", "https://[partner", "javascript:alert(1)", "//evil", "?"),
    ]:
        company.partner.redirect_urls = ["https://partner.example.com/thanks"]
        company.partner.save()

        assert wrong_fields(create(api, company, {"redirectUrl": url})) == ["/redirectUrl"]


def test_prefill_errors_of_services_have_pointers(api, company):
    stranger_site = SiteFactory()
    mine = SiteFactory(company=company)
    invalid: list[tuple[Any, str]] = [
        ({"datasourceId": str(UUID(int=7))}, "/prefill/datasourceId"),
        ({"datasourceId": str(DatasourceFactory().pk), "url": "https://utility.example.com"}, "/prefill/url"),
        ({"initialSites": [str(mine.pk), str(stranger_site.pk)]}, "/prefill/initialSites/1"),
        ({"lockedFields": ["country"]}, "/prefill/lockedFields/0"),
        ({"country": "GB", "lockedFields": ["country", "url"]}, "/prefill/lockedFields/1"),
        ({"url": "javascript:alert(1)"}, "/prefill/url"),
        ({"url": "http://utility.example.com"}, "/prefill/url"),
    ]
    for prefill, pointer in invalid:
        assert wrong_fields(create(api, company, {"prefill": prefill})) == [pointer]
    assert not Invitation.objects.exists()


MESSAGES: list[tuple[Any, str, str]] = [
    (
        {"prefill": {"country": "gb"}},
        "/prefill/country",
        "Send the ISO 3166-1 alpha-2 code of a country, such as GB.",
    ),
    ({"locale": "!!"}, "/locale", INVALID_LANGUAGE_TAG),
    ({"prefill": []}, "/prefill", "Send a JSON object."),
    ([], "", "Send a JSON object."),
    ({"allowedEmails": "a@example.com"}, "/allowedEmails", "Send a list."),
    ({"metadata": ["a"]}, "/metadata", "Send an object with string values."),
    ({"metadata": {"k" * 41: "b"}}, "/metadata/" + "k" * 41, "A key has at most 40 characters."),
    ({"maxUses": "1"}, "/maxUses", "Send a whole number, without quotation marks."),
    ({"sendEmail": "true"}, "/sendEmail", "Send true or false, without quotation marks."),
    ({"message": 5}, "/message", "Send a string."),
]


def test_errors_say_what_to_send(api, company):
    for body, pointer, detail in MESSAGES:
        (error,) = problem_in(create(api, company, body), 400)["errors"]
        assert (error["pointer"], error["detail"]) == (pointer, detail)
