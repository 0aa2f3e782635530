"""A draft: a verdict for each row, on the batch's terms or the row's own, and nothing created."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from config.exceptions import InvalidField
from invitations.models import Batch, BatchRow, Invitation
from invitations.services.batches.create import draft_batch
from tests.factories import CompanyFactory, DatasourceFactory, SiteFactory, UserFactory
from tests.invitations.batches.sheets import (
    DUPLICATE,
    MALFORMED,
    READY,
    counted,
    draft,
    errors,
    people,
    sheet,
    verdicts,
)


def only(batch):
    (row,) = batch.rows.all()
    return row


def prefilled(company, columns, cells):
    row = only(draft(company, f"email,{columns}", f"a@example.com,{cells}"))
    assert row.error == ""
    return row.terms["prefill"]


def test_nothing_is_created_before_create(company):
    by = UserFactory()
    before = ProcrastinateJob.objects.count()

    batch = draft(company, people(3), by=by, file_name="people.csv", send_email=True)

    assert (batch.state, batch.company, batch.created_by, batch.started_at) == ("DRAFT", company, by, None)
    assert (str(batch), batch.row_count, counted(batch)) == ("people.csv", 3, {READY: 3})
    assert not Invitation.objects.exists()
    assert ProcrastinateJob.objects.count() == before


def test_addresses_are_kept_in_their_normal_form_beside_what_was_given(company):
    row = only(draft(company, "email", "Anna <Anna@Bücher.Example>"))

    assert (row.email, row.given) == ("anna@xn--bcher-kva.example", {"email": "Anna <Anna@Bücher.Example>"})


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("externalId", "x" * 256, "externalId: At most 255 characters; this has 256."),
        ("externalId", "a\x07", "externalId: Remove the invisible character U+0007."),
        ("message", "live\u202e", "message: Remove the invisible character U+202E."),
        ("message", "x" * 2001, "message: At most 2,000 characters; this has 2,001."),
        ("maxUses", "0", "maxUses: The number of uses is between 1 and 1,000,000."),
        ("maxUses", "1000001", "maxUses: The number of uses is between 1 and 1,000,000."),
        ("maxUses", "1.5", "maxUses: “1.5” is not a whole number. The word “unlimited” sets no limit."),
        ("maxUses", "-1", "maxUses: “-1” is not a whole number. The word “unlimited” sets no limit."),
        ("maxUses", "9" * 5000, "maxUses: “" + "9" * 50 + "” is not a whole number."),
        ("maxUses", "٣", "maxUses: “٣” is not a whole number."),
        ("expiresInDays", "0", "expiresInDays: An invitation lives for 60 seconds to 10 years."),
        ("expiresInDays", "3651", "expiresInDays: An invitation lives for 60 seconds to 10 years."),
        ("expiresInDays", "999999999", "expiresInDays: An invitation lives for 60 seconds to 10 years."),
        ("expiresInDays", "soon", "expiresInDays: “soon” is not a whole number. The word “never” sets no limit."),
        ("locale", "Deutsch!", "locale: This is not a language tag such as en or de-AT (BCP 47)."),
        ("redirectUrl", "https://elsewhere.example/", "redirectUrl: This address is not on the partner’s list"),
        ("datasourceId", "nonsense", "datasourceId: There is no such provider in the catalogue."),
        ("datasourceId", "01940000-0000-7000-8000-000000000000", "datasourceId: There is no such provider"),
        ("url", "javascript:alert(1)", "url: This is not the address of a web page that begins with https://."),
        ("country", "UK", "country: There is no such country (ISO 3166-1 alpha-2)."),
        ("utilityTypes", "GAS; STEAM", "utilityTypes: “STEAM” is none of ELECTRICITY, GAS,"),
        ("sites", "Nowhere", "sites: “Nowhere” is not a site of the company."),
        ("connectionOwnerEmail", "nobody", "connectionOwnerEmail: An email address must have an @-sign."),
        (
            "dataCollectionStartDate",
            "0001-01-01",
            "dataCollectionStartDate: Choose a day from 1970 to a year from now.",
        ),
        ("dataCollectionStartDate", "31.1.2026", "dataCollectionStartDate: This is not a date such as 2026-01-31."),
        ("dataCollectionStartDate", "2026-02-30", "dataCollectionStartDate: This is not a date such as 2026-01-31."),
        ("lockedFields", "password", "lockedFields: “password” is none of datasourceId, url, country,"),
        ("lockedFields", "country", "country is locked but has no value."),
    ],
)
def test_a_malformed_row_says_which_cell_and_why(company, column, cell, said):
    batch = draft(company, f"email;{column}", f'a@example.com;"{cell}"')

    assert verdicts(batch) == [MALFORMED]
    assert errors(batch)[0].startswith(said)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nonsense", "must have an @-sign."),
        ("a@b", "The part after the @-sign is not valid. It should have a period."),
        ("ünï@exämple.com", "before the @-sign"),
        ("*@example.net", "A whole domain cannot be in a batch. Invite it by itself."),
        ("a@b@c", "@-sign"),
        ("=cmd|'/c calc'!A1", "must have an @-sign."),
        ("<script>", "must have an @-sign."),
    ],
)
def test_what_is_no_address_is_malformed_and_it_is_said_what_is_wrong_with_it(company, address, why):
    batch = draft(company, "email,country", f'"{address}",GB')

    (said,) = errors(batch)
    assert why in said
    assert not said.startswith("email:")
    assert verdicts(batch) == [MALFORMED]


def test_everything_that_is_wrong_with_a_row_is_said(company):
    batch = draft(company, "email,maxUses,country", ",many,XX,,surprise")

    (said,) = errors(batch)
    assert said == (
        "Every row needs an address. maxUses: “many” is not a whole number. The word “unlimited” sets no limit. "
        "country: There is no such country (ISO 3166-1 alpha-2). There are more cells than columns."
    )


def test_a_provider_is_named_by_its_id_or_its_login_page_and_not_by_both(company):
    provider = DatasourceFactory()

    assert prefilled(company, "datasourceId", provider.pk) == {"datasourceId": str(provider.pk)}
    assert prefilled(company, "url", "https://portal.example.com/") == {"url": "https://portal.example.com/"}
    batch = draft(company, "email,datasourceId,url", f"a@example.com,{provider.pk},https://portal.example.com/")
    assert errors(batch) == ["Give a datasourceId or a url, and not both."]


def test_sites_are_named_by_id_external_id_or_name(company):
    bakery = SiteFactory(company=company, name="Main Bakery")
    store, shop = SiteFactory(company=company, external_id="ST-7"), SiteFactory(company=company)

    found = prefilled(company, "sites", f"main bakery; ST-7 | {shop.pk}; Main Bakery")

    assert found == {"initialSites": [str(bakery.pk), str(store.pk), str(shop.pk)]}


def test_a_name_that_two_sites_have_is_asked_about(company):
    for _ in range(2):
        SiteFactory(company=company, name="Shop")

    assert errors(draft(company, "email,sites", "a@example.com,Shop")) == [
        "sites: Several sites are called “Shop”. Name it by its id."
    ]


def test_another_companys_site_is_none_of_this_one(company):
    stranger = SiteFactory()

    for name in (stranger.pk, stranger.name):
        assert verdicts(draft(company, "email,sites", f"a@example.com,{name}")) == [MALFORMED]


def test_the_rest_of_the_form_can_be_filled_in_and_locked(company):
    columns = "country,utilityTypes,connectionOwnerEmail,dataCollectionStartDate,lockedFields"

    assert prefilled(company, columns, "gb,electricity;GAS,Owner@Example.com,2024-02-29,country|utilityTypes") == {
        "country": "GB",
        "utilityTypes": ["ELECTRICITY", "GAS"],
        "connectionOwnerEmail": "owner@example.com",
        "dataCollectionStartDate": "2024-02-29",
        "lockedFields": ["country", "utilityTypes"],
    }


def test_the_second_row_with_an_address_is_a_duplicate_of_the_first(company):
    batch = draft(company, "email", "Anna@Example.com", "b@example.com", "anna@example.com", "ANNA@example.com")

    assert verdicts(batch) == [READY, READY, DUPLICATE, DUPLICATE]
    assert errors(batch) == ["", "", "The same address as in row 2.", "The same address as in row 2."]


def test_the_second_row_with_an_external_id_is_a_duplicate_too(company):
    batch = draft(company, "email,externalId", "a@example.com,7", "b@example.com,7", "c@example.com,", "d@example.com,")

    assert errors(batch) == ["", "The same external id as in row 2.", "", ""]


def test_a_malformed_row_makes_no_other_row_a_duplicate(company):
    batch = draft(company, "email,country", "a@example.com,XX", "a@example.com,GB")

    assert verdicts(batch) == [MALFORMED, READY]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"expires_in": timedelta(seconds=59)}, "expires_in_seconds"),
        ({"max_uses": 0}, "max_uses"),
    ],
)
def test_terms_that_do_not_hold_are_refused(company, terms, field):
    with pytest.raises(InvalidField) as refusal:
        draft(company, people(1), **terms)

    assert refusal.value.field == (field,)
    assert not Batch.objects.exists()


def test_what_is_no_table_leaves_no_batch(company):
    with pytest.raises(InvalidField):
        draft(company, "wages", "7")

    assert not Batch.objects.exists()


@pytest.mark.parametrize("rows", [10, 1000])
def test_a_draft_costs_the_same_number_of_queries_for_ten_rows_and_for_a_thousand(db, rows):
    company, provider = CompanyFactory(), DatasourceFactory()
    SiteFactory(company=company, name="Shop")
    lines = (f"person{n}@example.com,{n},{provider.pk},Shop" for n in range(rows))
    content, by = sheet("email,externalId,datasourceId,sites", *lines), UserFactory()

    with CaptureQueriesContext(connection) as queries:
        draft_batch(company, by=by, content=content)

    assert len(queries) == 9, [query["sql"][:100] for query in queries]
    assert BatchRow.objects.filter(status=READY).count() == rows
