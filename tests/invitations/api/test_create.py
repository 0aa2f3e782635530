"""POST /v2/invitation/company/{companyId}: valid bodies, up to the limits."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tests.companies.refusals import problem_in, wrong_fields
from tests.factories import DatasourceFactory, SiteFactory
from tests.invitations.api.creating import HUNDRED, TEN_YEARS, create


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
def test_empty_body_creates_an_open_invitation(api, company, body, content_type):
    answer = api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type=content_type)

    assert answer.status_code == 201
    made = answer.json()
    assert (made["allowedEmails"], made["expiresAt"], made["maxUses"]) == ([], None, None)
    assert (made["invitationType"], made["status"], made["useCount"]) == ("CREATE_CONNECTION", "ACTIVE", 0)
    assert (made["companyId"], made["connectionId"]) == (str(company.pk), None)
    assert (made["prefill"], made["metadata"], made["createdConnections"]) == ({}, {}, [])


def test_create_with_every_field(api, company):
    company.partner.redirect_urls = ["https://partner.example.com/thanks?from=latchkey"]
    company.partner.save()
    sites = [str(site.pk) for site in SiteFactory.create_batch(2, company=company)]
    given = {
        "allowedEmails": ["anna@example.com", "ben@example.com"],
        "maxUses": 3,
        "sendEmail": False,
        "reminders": True,
        "allowForwarding": True,
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


def test_null_means_omitted(api, company):
    for field in [
        *("allowedEmails", "expiresInSeconds", "maxUses", "sendEmail", "prefill", "message", "locale"),
        *("externalId", "metadata", "redirectUrl", "reminders", "allowForwarding"),
    ]:
        answer = create(api, company, {field: None})

        assert answer.status_code == 201
        assert answer.json().get(field) == create(api, company).json().get(field)


def test_null_in_prefill_means_omitted(api, company):
    for field in [
        *("datasourceId", "url", "initialSites", "utilityTypes", "country"),
        *("connectionOwnerEmail", "dataCollectionStartDate", "lockedFields"),
    ]:
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


def test_values_at_the_limit_are_accepted(api, company):
    for field, value in AT_THE_LIMIT:
        assert create(api, company, {field: value}).status_code == 201


def test_send_email_without_addresses_sends_nothing(api, company, mailoutbox):
    assert create(api, company, {"sendEmail": True}).status_code == 201
    assert create(api, company, {"sendEmail": True, "allowedEmails": []}).status_code == 201
    assert create(api, company, {"sendEmail": False, "allowedEmails": ["a@example.com"]}).status_code == 201
    assert mailoutbox == []


def test_sites_and_types_lose_duplicates(api, company):
    site, other = (str(each.pk) for each in SiteFactory.create_batch(2, company=company))
    given = {"initialSites": [other, site, other], "utilityTypes": ["WATER", "GAS", "WATER", "GAS"]}

    made = create(api, company, {"prefill": given}).json()

    assert made["prefill"] == {"initialSites": [other, site], "utilityTypes": ["WATER", "GAS"]}


def test_addresses_are_normalized(api, company):
    given = ["A@Example.com", "a@example.COM", "a+tag@example.com", "x@bücher.example", "x@xn--bcher-kva.example"]

    made = create(api, company, {"allowedEmails": given}).json()

    assert made["allowedEmails"] == ["a@example.com", "a+tag@example.com", "x@xn--bcher-kva.example"]


@override_settings(DEBUG=True)
def test_http_provider_is_allowed_in_development(api, company):
    assert create(api, company, {"prefill": {"url": "http://utility.example.com"}}).status_code == 201


def test_open_invitation_is_refused_or_returned(api, company):
    body = {"allowedEmails": ["anna@example.com"], "ifOpenExists": "refuse"}
    first = create(api, company, body)

    refused, returned = create(api, company, body), create(api, company, body | {"ifOpenExists": "return"})
    another = create(api, company, body | {"ifOpenExists": "create"})
    without_address = create(api, company, {"ifOpenExists": "return"})

    problem = problem_in(refused, 409)
    assert (problem["code"], problem["invitationId"]) == ("OPEN_INVITATION_EXISTS", first.json()["id"])
    assert (returned.status_code, returned.json()) == (200, first.json())
    assert another.status_code == 201
    assert wrong_fields(without_address) == ["/allowedEmails"]
