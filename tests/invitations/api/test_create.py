"""POST /v2/invitation/company/{companyId}: what is taken, with its limits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from invitations.models import Invitation
from tests.companies.refusals import wrong_fields
from tests.factories import DatasourceFactory, SiteFactory

TEN_YEARS = 3650 * 24 * 60 * 60
HUNDRED = [f"person{number}@example.com" for number in range(100)]


def create(api: Any, company: Any, body: Any = None, **headers: str) -> Any:
    return api.post(f"invitation/company/{company.pk}", body, **headers)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b" \n", "application/json"),
        (b"", "application/json"),
        (b"", "application/x-www-form-urlencoded"),  # curl -X POST -d ''
        (b"", ""),  # curl -X POST
    ],
)
def test_no_body_and_an_empty_object_make_an_invitation_for_anyone_for_ever(api, company, body, content_type):
    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type=content_type)

    assert answer.status_code == 201
    made = answer.json()
    assert (made["allowedEmails"], made["expiresAt"], made["maxUses"]) == ([], None, None)
    assert (made["invitationType"], made["status"], made["useCount"]) == ("CREATE_CONNECTION", "ACTIVE", 0)
    assert (made["companyId"], made["connectionId"]) == (str(company.pk), None)
    assert (made["prefill"], made["metadata"], made["createdConnections"]) == ({}, {}, [])


def test_every_field_comes_back_as_it_was_given(api, company):
    company.partner.redirect_urls = ["https://partner.example.com/thanks?from=latchkey"]
    company.partner.save()
    sites = [str(site.pk) for site in SiteFactory.create_batch(2, company=company)]
    given = {
        "allowedEmails": ["anna@example.com", "ben@example.com"],
        "maxUses": 3,
        "sendEmail": False,
        "prefill": {
            "datasourceId": str(DatasourceFactory().pk),
            "initialSites": sites,
            "utilityTypes": ["ELECTRICITY", "DISTRICT"],
            "country": "IE",
            "connectionOwnerEmail": "owner@example.com",
            "dataCollectionStartDate": "2024-02-29",
            "lockedFields": ["datasourceId", "initialSites", "country"],
        },
        "message": "Grüße <b>aus</b> Köln\nzwei Zeilen 🔑",
        "locale": "de-AT",
        "externalId": "order/7781",
        "metadata": {"campaign": "autumn", "": "", " spaced ": " kept "},
        "redirectUrl": "https://partner.example.com/thanks?from=latchkey",
    }

    made = create(api, company, given | {"expiresInSeconds": 3600}).json()

    del given["sendEmail"]
    assert {name: made[name] for name in given} == given
    left = parse_datetime(made["expiresAt"]) - timezone.now()
    assert timedelta(seconds=3590) < left <= timedelta(seconds=3600)
    assert create(api, company).json()["locale"] == company.locale


@pytest.mark.parametrize(
    "field",
    ["expiresInSeconds", "maxUses", "prefill", "message", "locale", "externalId", "redirectUrl"],
)
def test_null_is_the_same_as_not_given(api, company, field):
    answer = create(api, company, {field: None})

    assert answer.status_code == 201
    assert answer.json().get(field) == create(api, company).json().get(field)


@pytest.mark.parametrize(
    "field",
    ["datasourceId", "url", "country", "connectionOwnerEmail", "dataCollectionStartDate"],
)
def test_null_in_the_prefill_is_the_same_as_not_given(api, company, field):
    answer = create(api, company, {"prefill": {field: None}})

    assert answer.status_code == 201
    assert answer.json()["prefill"] == {}


AT_THE_LIMIT: list[tuple[str, Any]] = [
    ("expiresInSeconds", 60),
    ("expiresInSeconds", TEN_YEARS),
    ("maxUses", 1),
    ("maxUses", 1_000_000),
    ("allowedEmails", []),
    ("allowedEmails", HUNDRED),
    ("message", "m" * 2000),
    ("message", ""),
    ("locale", "en"),
    ("externalId", "x" * 255),
    ("metadata", {f"key {number}": "value" for number in range(20)}),
    ("metadata", {"k" * 40: "v" * 500}),
    ("prefill", {}),
    ("prefill", {"lockedFields": [], "initialSites": [], "utilityTypes": []}),
]


@pytest.mark.parametrize(("field", "value"), AT_THE_LIMIT)
def test_a_value_at_the_limit_is_taken(api, company, field, value):
    assert create(api, company, {field: value}).status_code == 201


PAST_THE_LIMIT: list[tuple[str, Any, str]] = [
    ("expiresInSeconds", 59, "/expiresInSeconds"),
    ("expiresInSeconds", 0, "/expiresInSeconds"),
    ("expiresInSeconds", -60, "/expiresInSeconds"),
    ("expiresInSeconds", TEN_YEARS + 1, "/expiresInSeconds"),
    ("expiresInSeconds", 10**18, "/expiresInSeconds"),
    ("maxUses", 0, "/maxUses"),
    ("maxUses", -1, "/maxUses"),
    ("maxUses", 1_000_001, "/maxUses"),
    ("maxUses", 10**40, "/maxUses"),
    ("allowedEmails", [*HUNDRED, "one.more@example.com"], "/allowedEmails"),
    ("allowedEmails", ["fine@example.com", "not an address"], "/allowedEmails/1"),
    ("allowedEmails", ["fine@example.com", ""], "/allowedEmails/1"),
    ("message", "m" * 2001, "/message"),
    ("externalId", "x" * 256, "/externalId"),
    ("externalId", "", "/externalId"),
    ("locale", "not a language", "/locale"),
    ("locale", "e", "/locale"),
    ("metadata", {f"key {number}": "value" for number in range(21)}, "/metadata"),
    ("metadata", {"k" * 41: "value"}, "/metadata"),
    ("metadata", {"key": "v" * 501}, "/metadata/key"),
    ("prefill", {"country": "gb"}, "/prefill/country"),
    ("prefill", {"country": "GBR"}, "/prefill/country"),
    ("prefill", {"country": "ZZ"}, "/prefill/country"),
    ("prefill", {"utilityTypes": ["STEAM"]}, "/prefill/utilityTypes/0"),
    ("prefill", {"utilityTypes": ["GAS", "gas"]}, "/prefill/utilityTypes/1"),
    ("prefill", {"dataCollectionStartDate": "2025-02-29"}, "/prefill/dataCollectionStartDate"),
    ("prefill", {"dataCollectionStartDate": "29.02.2024"}, "/prefill/dataCollectionStartDate"),
    ("prefill", {"connectionOwnerEmail": "nobody"}, "/prefill/connectionOwnerEmail"),
    ("prefill", {"lockedFields": ["password"]}, "/prefill/lockedFields/0"),
    ("prefill", {"initialSites": ["somewhere"]}, "/prefill/initialSites/0"),
    ("prefill", {"url": "https://" + "u" * 500 + ".example.com"}, "/prefill/url"),
]


@pytest.mark.parametrize(("field", "value", "pointer"), PAST_THE_LIMIT)
def test_a_value_past_the_limit_is_refused_by_name(api, company, field, value, pointer):
    answer = create(api, company, {field: value})

    assert wrong_fields(answer) == [pointer]
    assert not Invitation.objects.exists()


WRONG_TYPES: list[tuple[str, list[Any]]] = [
    ("allowedEmails", ["a@example.com", {}, {"0": "a@example.com"}, 5, True, None]),
    ("expiresInSeconds", ["3600", 3600.0, 3600.5, True, [3600], {}]),
    ("maxUses", ["5", 5.0, 1.5, True, [5], {}]),
    ("sendEmail", [0, 1, "true", "false", "", [], None]),
    ("prefill", ["GB", 5, [], [{}], True]),
    ("message", [5, True, ["Hello"], {}]),
    ("locale", [5, True, ["en"], {}]),
    ("externalId", [5, True, ["x"], {}]),
    ("metadata", ["x", 5, [], True, None]),
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
        ("/metadata", lambda text: {"metadata": {text: "value"}}),
        ("/metadata/key", lambda text: {"metadata": {"key": text}}),
        ("/redirectUrl", lambda text: {"redirectUrl": text}),
        ("/prefill/url", lambda text: {"prefill": {"url": text}}),
        ("/prefill/country", lambda text: {"prefill": {"country": text}}),
        ("/prefill/connectionOwnerEmail", lambda text: {"prefill": {"connectionOwnerEmail": text}}),
    ],
)
def test_a_nul_character_is_refused_wherever_it_stands(api, company, pointer, body, text):
    assert set(wrong_fields(create(api, company, body(text)))) == {pointer}


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


def test_mails_may_be_asked_for_without_addresses_and_then_there_is_nothing_to_send(api, company, mailoutbox):
    assert create(api, company, {"sendEmail": True}).status_code == 201
    assert create(api, company, {"sendEmail": True, "allowedEmails": []}).status_code == 201
    assert create(api, company, {"sendEmail": False, "allowedEmails": ["a@example.com"]}).status_code == 201
    assert mailoutbox == []


def test_addresses_come_back_in_their_normal_form_and_once(api, company):
    given = ["A@Example.com", "a@example.COM", "a+tag@example.com", "x@bücher.example", "x@xn--bcher-kva.example"]

    made = create(api, company, {"allowedEmails": given}).json()

    assert made["allowedEmails"] == ["a@example.com", "a+tag@example.com", "x@xn--bcher-kva.example"]


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


@override_settings(DEBUG=True)
def test_a_provider_without_tls_will_do_in_development(api, company):
    assert create(api, company, {"prefill": {"url": "http://utility.example.com"}}).status_code == 201
