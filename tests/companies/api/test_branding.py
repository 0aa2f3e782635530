import base64

import pytest

from companies.models import Company
from companies.services.branding import update_branding
from tests.companies.pictures import picture
from tests.companies.refusals import wrong_fields
from tests.conftest import Api
from tests.factories import CompanyFactory, make_api_key

LOGO = base64.b64encode(picture()).decode()
FULL = {
    "displayName": "Riverside",
    "accentColor": "#17594a",
    "supportEmail": "help@riverside.example",
    "supportPhone": "+44 20 7946 0000",
    "privacyUrl": "https://riverside.example/privacy",
    "showsOperator": False,
}
EMPTY = dict.fromkeys([*FULL, "logoUrl"])


@pytest.fixture
def branding(company):
    return f"company/{company.pk}/branding"


def test_unbranded_company_has_empty_fields(api, branding):
    answer = api.get(branding)
    assert answer.json() == EMPTY | {"effective": EMPTY | {"showsOperator": True}}
    assert answer["ETag"]


def test_update_sets_and_empties_fields(api, client, company, branding):
    update_branding(company.partner, support_email="help@northwind.example")

    changed = api.patch(branding, FULL | {"logo": LOGO})

    assert changed.status_code == 200
    shown = FULL | {"logoUrl": changed.json()["logoUrl"]}
    assert changed.json() == shown | {"effective": shown} == api.get(branding).json()
    assert client.get(shown["logoUrl"]).content.startswith(b"\x89PNG")
    assert set(company.events.get().detail["fields"]) == {*FULL, "logo"}
    emptied = api.patch(branding, dict.fromkeys([*FULL, "logo"])).json()
    effective = EMPTY | {"showsOperator": True, "supportEmail": "help@northwind.example"}
    assert emptied == EMPTY | {"effective": effective}


def test_every_wrong_field_is_named(api, branding):
    wrong = {
        "displayName": "Latchkey",
        "logo": base64.b64encode(b"<svg>").decode(),
        "accentColor": "red",
        "supportEmail": "help",
        "supportPhone": "call us",
        "privacyUrl": "http://riverside.example",
        "showsOperator": 1,
        "logoUrl": "https://riverside.example/logo.png",
    }
    assert sorted(wrong_fields(api.patch(branding, wrong))) == sorted(f"/{name}" for name in wrong)
    assert wrong_fields(api.patch(branding, {"logo": f"data:image/png;base64,{LOGO}"})) == ["/logo"]
    assert wrong_fields(api.patch(branding, {"logo": "a" * 5})) == ["/logo"]


def test_large_logo_is_refused_by_name(api, branding):
    """The body may be larger than others, so that a logo over the limit is a 400 that names it."""
    large = base64.b64encode(picture() + bytes(1024 * 1024)).decode()
    assert wrong_fields(api.patch(branding, {"logo": large})) == ["/logo"]
    assert api.patch(branding, {"logo": large + large}).status_code == 413


def test_only_own_companies_are_reached(api, company):
    """Not those of others, of the other mode, or outside of a key's limit."""
    other, rehearsal = CompanyFactory(), CompanyFactory(partner=company.partner, is_live=False)
    limited = Api(make_api_key(company.partner, company_ids=[CompanyFactory(partner=company.partner).pk])[1])
    reading = Api(make_api_key(company.partner, scopes=["companies:read"])[1])
    got = [
        api.patch(f"company/{other.pk}/branding", FULL),
        api.patch(f"company/{rehearsal.pk}/branding", FULL),
        limited.patch(f"company/{company.pk}/branding", FULL),
        limited.get(f"company/{company.pk}/branding"),
        reading.patch(f"company/{company.pk}/branding", FULL),
    ]
    assert [answer.status_code for answer in got] == [404, 404, 404, 404, 403]
    assert not Company.objects.filter(own_branding__isnull=False).exists()
