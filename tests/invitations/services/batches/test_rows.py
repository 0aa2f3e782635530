import pytest

from invitations.services.batches.rows import COLUMNS
from tests.factories import DatasourceFactory, SiteFactory
from tests.invitations.services.batches.drafts import DUPLICATE, MALFORMED, READY, draft, errors, statuses

ERRORS = {
    ("externalId", "a\x07"): "externalId: Remove the invisible character U+0007.",
    ("message", "x" * 2001): "message: At most 2,000 characters; this has 2,001.",
    ("maxUses", "0"): "maxUses: The number of uses is between 1 and 1,000,000.",
    ("maxUses", "1.5"): "maxUses: “1.5” is not a whole number. Write a number or “unlimited”.",
    ("maxUses", "9" * 5000): f"maxUses: “{'9' * 50}” is not a whole number. Write a number or “unlimited”.",
    ("maxUses", "1E+03"): "maxUses: Excel shortened this number.",
    ("externalId", "1.23457E+12"): "externalId: Excel shortened this number.",
    ("sites", "1,23457e+12"): "sites: Excel shortened this number.",
    ("expiresInDays", "3651"): "expiresInDays: An invitation can last from 60 seconds to 10 years.",
    ("expiresInDays", "999999999"): "expiresInDays: An invitation can last from 60 seconds to 10 years.",
    ("expiresInDays", "soon"): "expiresInDays: “soon” is not a whole number. Write a number or “never”.",
    ("locale", "Deutsch!"): "locale: This is not a language tag such as en or de-AT (BCP 47).",
    ("redirectUrl", "https://elsewhere.example/"): "redirectUrl: This URL is not on the partner’s list",
    ("reminders", "maybe"): "reminders: “maybe” is neither yes nor no.",
    ("datasourceId", "nonsense"): "datasourceId: No provider in the catalogue has this id.",
    ("datasourceId", "01940000-0000-7000-8000-000000000000"): "datasourceId: No provider in the catalogue has this id.",
    ("url", "E.DIS"): "url: This address does not lead to a provider’s public page.",
    ("url", "javascript:alert(1)"): "url: This is not the address of a web page that begins with https://.",
    ("country", "UK"): "country: There is no such country (ISO 3166-1 alpha-2).",
    ("utilityTypes", "GAS; STEAM"): "utilityTypes: “STEAM” is not one of ELECTRICITY, GAS,",
    ("sites", "Nowhere"): "sites: The company has no site “Nowhere”.",
    ("connectionOwnerEmail", "nobody"): "connectionOwnerEmail: An email address must have an @-sign.",
    ("dataCollectionStartDate", "0001-01-01"): "dataCollectionStartDate: Choose a day from 1970",
    ("dataCollectionStartDate", "46053"): "dataCollectionStartDate: Excel stored this day as a number.",
    ("dataCollectionStartDate", "2026-02-30"): "dataCollectionStartDate: This is not a date. Write it as 2026-01-31.",
    ("lockedFields", "password"): "lockedFields: “password” is not one of datasourceId, url, country,",
    ("lockedFields", "country"): "country is locked but has no value.",
}
ADDRESS_ERRORS = {
    "nonsense": "An email address must have an @-sign.",
    "a@b": "The part after the @-sign is not valid. It should have a period.",
    "ünï@exämple.com": "No mail reaches letters such as ü before the @-sign.",
    "*@example.net": "A bulk invitation cannot invite a whole domain. Create a single invitation for it.",
    "=cmd|'/c calc'!A1": "An email address must have an @-sign.",
    "<script>": "An email address must have an @-sign.",
}


def test_spreadsheet_fault_is_explained_once(company):
    lines = [f"a{number}@example.com;1.23457E+12;0{number}/04/2026" for number in range(1, 4)]

    batch = draft(company, "email;externalId;dataCollectionStartDate", *lines)

    assert batch.notices.splitlines() == [
        "Excel shortened numbers in the column “externalId”, such as 1.23457E+12 in row 2, and their last digits are "
        "lost. In Excel, format the column as text, enter the numbers again, and save the file once more.",
        "Days in the column “dataCollectionStartDate”, such as 01/04/2026 in row 2, can be read in two ways. "
        "In Excel, format the column as text, and write the days as 2026-01-31.",
    ]
    assert set(statuses(batch)) == {MALFORMED}


def test_country_may_be_its_name(company):
    assert read_prefill(company, "country", "United Kingdom") == {"country": "GB"}


def read_prefill(company, columns, cells):
    (row,) = draft(company, f"email,{columns}", f"a@example.com,{cells}").rows.all()
    assert row.error == ""
    return row.terms["prefill"]


def test_malformed_row_names_cell_and_reason(company):
    lines = []
    for number, (column, cell) in enumerate(ERRORS):
        cells = {"email": f"a{number}@example.com", column: cell}
        lines.append(";".join(f'"{cells.get(name, "")}"' for name in COLUMNS))

    batch = draft(company, ";".join(COLUMNS), *lines)

    given = dict(zip(ERRORS, errors(batch), strict=True))
    assert {case: said[: len(ERRORS[case])] for case, said in given.items()} == ERRORS
    assert set(statuses(batch)) == {MALFORMED}


def test_malformed_address_names_its_reason(company):
    batch = draft(company, "email,country", *(f'"{address}",GB' for address in ADDRESS_ERRORS))

    assert dict(zip(ADDRESS_ERRORS, errors(batch), strict=True)) == ADDRESS_ERRORS
    assert set(statuses(batch)) == {MALFORMED}


def test_malformed_row_names_every_error(company):
    assert errors(draft(company, "email,maxUses,country", ",many,XX,,surprise")) == [
        "The address is missing. maxUses: “many” is not a whole number. Write a number or “unlimited”. "
        "country: There is no such country (ISO 3166-1 alpha-2). The row has more cells than the header."
    ]


def test_address_is_normalized_and_kept_as_given(company):
    (row,) = draft(company, "email", "Anna <Anna@Bücher.Example>").rows.all()

    assert (row.email, row.given) == ("anna@xn--bcher-kva.example", {"email": "Anna <Anna@Bücher.Example>"})


def test_provider_is_an_id_or_a_url(company):
    provider = DatasourceFactory()

    assert read_prefill(company, "datasourceId", provider.pk) == {"datasourceId": str(provider.pk)}
    assert read_prefill(company, "url", "https://portal.example.com/") == {"url": "https://portal.example.com/"}
    batch = draft(company, "email,datasourceId,url", f"a@example.com,{provider.pk},https://portal.example.com/")
    assert errors(batch) == ["Give a datasourceId or a url, and not both."]


def test_sites_are_found_by_id_or_name(company):
    bakery = SiteFactory(company=company, name="Main Bakery")
    store, shop = SiteFactory(company=company, external_id="ST-7"), SiteFactory(company=company)

    found = read_prefill(company, "sites", f"main bakery; ST-7 | {shop.pk}; Main Bakery")

    assert found == {"initialSites": [str(bakery.pk), str(store.pk), str(shop.pk)]}


def test_site_name_must_be_unique(company):
    SiteFactory.create_batch(2, company=company, name="Shop")

    assert errors(draft(company, "email,sites", "a@example.com,Shop")) == [
        "sites: Several sites are called “Shop”. Use the site’s id."
    ]


def test_sites_of_other_companies_are_unknown(company):
    stranger = SiteFactory()

    batch = draft(company, "email,sites", f"a@example.com,{stranger.pk}", f"b@example.com,{stranger.name}")

    assert statuses(batch) == [MALFORMED] * 2


def test_prefill_takes_values_and_locks(company):
    columns = "country,utilityTypes,connectionOwnerEmail,dataCollectionStartDate,lockedFields"

    assert read_prefill(company, columns, "gb,electricity;GAS,Owner@Example.com,2024-02-29,country|utilityTypes") == {
        "country": "GB",
        "utilityTypes": ["ELECTRICITY", "GAS"],
        "connectionOwnerEmail": "owner@example.com",
        "dataCollectionStartDate": "2024-02-29",
        "lockedFields": ["country", "utilityTypes"],
    }


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["a@x.example,", "A@X.example,", "b@x.example,"], ["", "The same address as in row 2.", ""]),
        (["a@x.example,7", "b@x.example,7", "c@x.example,"], ["", "The same external id as in row 2.", ""]),
    ],
)
def test_repeated_row_is_a_duplicate(company, lines, wanted):
    batch = draft(company, "email,externalId", *lines)

    assert errors(batch) == wanted
    assert statuses(batch) == [READY, DUPLICATE, READY]


def test_malformed_row_causes_no_duplicate(company):
    assert statuses(draft(company, "email,country", "a@example.com,XX", "a@example.com,GB")) == [MALFORMED, READY]
