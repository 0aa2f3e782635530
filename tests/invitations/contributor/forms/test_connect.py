from datetime import date
from uuid import uuid4

import pytest

from invitations.contributor.forms import ConnectForm
from invitations.contributor.forms.provider import LEADS_ELSEWHERE
from invitations.models.prefill import Prefill
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import answers

pytestmark = pytest.mark.django_db


UNKNOWN = "We do not know this provider. Paste the address of its login page instead."


def filled_in(invitation, **changes):
    return ConnectForm(invitation, answers(**changes))


def valid(invitation, **changes):
    form = filled_in(invitation, **changes)
    assert form.is_valid(), form.errors
    return form


@pytest.mark.parametrize("typed", ["HYDRO-QUÉBEC", "  hydro-quebec ", "Hydro-Que\u0301bec"])
def test_provider_name_ignores_case_and_accents(invitation, typed):
    known = DatasourceFactory(name="Hydro-Québec")
    DatasourceFactory(name="Hydro-Québec Distribution")
    account = valid(invitation, provider=typed).account
    assert (account.datasource, account.url) == (known, None)


def test_provider_name_may_look_like_address(invitation):
    known = DatasourceFactory(name="E.ON")
    account = valid(invitation, provider="e.on").account
    assert (account.datasource, account.url) == (known, None)


def test_ambiguous_beginning_offers_choice(invitation):
    one, other = DatasourceFactory(name="Berliner Wasser"), DatasourceFactory(name="Berliner Wärme", country="DE")
    DatasourceFactory(name="Hamburg Wasser")
    form = filled_in(invitation, provider="berliner w")
    assert form.errors == {"datasource": ["Choose your provider from these, or type its name in full."]}
    assert not form["datasource"].is_hidden
    labels = {choice.choice_label for choice in form["datasource"]}
    assert labels == {f"{each.name}, {each.country} – {each.host}" for each in (one, other)}


def test_single_match_is_offered_too(invitation):
    only = DatasourceFactory(name="Yarra Valley Water")
    form = filled_in(invitation, provider="yarra")
    assert not form.is_valid()
    assert valid(invitation, provider="yarra", datasource=only.pk).account.datasource == only


def test_choice_selects_provider(invitation):
    chosen = DatasourceFactory(name="Berliner Wasser")
    DatasourceFactory(name="Berliner Wärme")
    assert valid(invitation, provider="berliner", datasource=chosen.pk).account.datasource == chosen


def test_equal_names_differ_by_country(invitation):
    german, austrian = (DatasourceFactory(name="E.ON", country=country) for country in ("DE", "AT"))
    form = filled_in(invitation, provider="E.ON")
    assert not form.is_valid()
    assert [choice.choice_label.split(" – ")[0] for choice in form["datasource"]] == ["E.ON, AT", "E.ON, DE"]
    assert valid(invitation, provider="E.ON", datasource=german.pk).account.datasource == german
    assert valid(invitation, provider="E.ON", datasource=austrian.pk).account.datasource == austrian


def test_changed_text_drops_choice(invitation):
    chosen = DatasourceFactory(name="Berliner Wasser")
    other = DatasourceFactory(name="Hamburg Energie")
    assert valid(invitation, provider="Hamburg Energie", datasource=chosen.pk).account.datasource == other
    assert filled_in(invitation, provider="Unknown name", datasource=chosen.pk).errors == {"provider": [UNKNOWN]}
    by_address = valid(invitation, provider="https://portal.utility.example/", datasource=chosen.pk).account
    assert (by_address.datasource, by_address.url) == (None, "https://portal.utility.example/")


def test_similar_name_drops_choice(invitation):
    chosen = DatasourceFactory(name="Northern Gas")
    assert filled_in(invitation, provider="Northend Gas", datasource=chosen.pk).errors == {"provider": [UNKNOWN]}


def test_exact_name_beats_choice(invitation):
    chosen, meant = DatasourceFactory(name="Octopus Energy Next"), DatasourceFactory(name="Octopus Energy")
    assert valid(invitation, provider="Octopus Energy", datasource=chosen.pk).account.datasource == meant


@pytest.mark.parametrize("typed", ["Unknown name", "???", "a & b | !c:*"])
def test_unknown_provider_is_explained(invitation, typed):
    DatasourceFactory(name="Berliner Wasser")
    assert filled_in(invitation, provider=typed).errors == {"provider": [UNKNOWN]}


def test_choice_has_at_most_twelve(invitation):
    for number in range(20):
        DatasourceFactory(name=f"Same beginning {number}")
    form = filled_in(invitation, provider="same")
    assert not form.is_valid()
    assert len(form["datasource"]) == 12


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://portal.utility.example/login", "https://portal.utility.example/login"),
        ("portal.utility.example", "https://portal.utility.example"),
        (" portal.utility.example/log/in?a=1 ", "https://portal.utility.example/log/in"),
    ],
)
def test_provider_takes_login_page(invitation, typed, url):
    form = valid(invitation, provider=typed)
    assert (form.account.datasource, form.account.url) == (None, url)
    assert form["provider"].value() == url


def test_unknown_host_behind_link_is_shown_first(invitation):
    link = "https://www.google.com/url?q=https://portal.utility.example/in"
    form = filled_in(invitation, provider=link)
    assert form.errors == {"provider": [str(LEADS_ELSEWHERE) % {"host": "portal.utility.example"}]}
    assert form["provider"].value() == "https://portal.utility.example/in"
    known = DatasourceFactory(login_url="https://portal.utility.example/in")
    assert valid(invitation, provider=link).account.datasource == known


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "https://127.0.0.1/", "https://bank.de@portal.example"])
def test_provider_rejects_unsafe_address(invitation, typed):
    form = filled_in(invitation, provider=typed)
    assert set(form.errors) == {"provider"}


@pytest.mark.parametrize("field", ["provider", "username", "password"])
def test_required_field_names_its_error(invitation, field):
    assert set(filled_in(invitation, **{field: ""}).errors) == {field}


@pytest.mark.parametrize("password", [" a b ", "\u2003ü🗝\t", "x" * 1000])
def test_password_is_kept_verbatim(invitation, password):
    assert valid(invitation, password=password).credentials["password"] == password


@pytest.mark.parametrize("name", [None, "not one"])
def test_missing_form_id_asks_to_reload(invitation, name):
    form = filled_in(invitation, form_id=name)
    assert form.errors == {"form_id": ["This page was not complete. Reload it, then try again."]}


def test_account_has_every_field(invitation):
    site = SiteFactory(company=invitation.company)
    account = valid(
        invitation,
        country="GB",
        sites=[str(site.pk)],
        utility_types=["GAS", "WATER"],
        owner_email="Owner@Bücher.example",
        collection_start_date="2024-02-29",
    ).account
    assert account.country == "GB"
    assert account.sites == (site,)
    assert account.utility_types == ("GAS", "WATER")
    assert account.owner_email == "owner@xn--bcher-kva.example"
    assert account.collection_start_date == date(2024, 2, 29)


def test_account_omits_empty_fields(invitation):
    account = valid(invitation).account
    assert (account.country, account.sites, account.utility_types) == (None, (), ())
    assert (account.owner_email, account.collection_start_date) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "XX"),
        ("utility_types", ["STEAM"]),
        ("owner_email", "a@b@c"),
        ("collection_start_date", "2024-02-30"),
        ("collection_start_date", "9999-12-31"),
        ("username", "x" * 255),
        ("password", "x" * 1001),
        ("provider", "x" * 501),
        ("datasource", "not an id"),
    ],
)
def test_invalid_value_names_its_field(invitation, field, value):
    SiteFactory(company=invitation.company)
    assert set(filled_in(invitation, **{field: value}).errors) == {field}


@pytest.mark.parametrize("site", [lambda: SiteFactory().pk, uuid4, lambda: "not an id"])
def test_foreign_site_is_invalid(invitation, site):
    own = SiteFactory(company=invitation.company)
    assert set(filled_in(invitation, sites=[str(own.pk), str(site())]).errors) == {"sites"}


def test_company_without_sites_has_no_field(invitation):
    form = valid(invitation, sites=[str(SiteFactory().pk)])
    assert "sites" not in form.fields
    assert form.account.sites == ()


def test_prefill_fills_every_field(company):
    sites = SiteFactory.create_batch(3, company=company)
    datasource = DatasourceFactory(country="DE")
    prefill = Prefill(
        datasource_id=datasource.pk,
        initial_sites=(sites[0].pk, sites[2].pk),
        utility_types=("WATER", "SOLAR"),
        country="FR",
        connection_owner_email="owner@example.com",
        data_collection_start_date=date(2024, 1, 31),
    )
    form = ConnectForm(make_invitation(company, prefill=prefill))
    assert form["provider"].value() == datasource.name
    assert form["datasource"].value() == datasource.pk
    # two ids of the same millisecond are in no order
    assert set(form["sites"].value()) == {sites[0].pk, sites[2].pk}
    assert form["utility_types"].value() == ["WATER", "SOLAR"]
    assert form["country"].value() == "FR"
    assert form["owner_email"].value() == "owner@example.com"
    assert form["collection_start_date"].value() == date(2024, 1, 31)


def test_prefilled_url_fills_provider(company):
    form = ConnectForm(make_invitation(company, prefill=Prefill(url="https://portal.utility.example/")))
    assert form["provider"].value() == "https://portal.utility.example/"


def test_provider_country_is_proposed(company):
    prefill = Prefill(datasource_id=DatasourceFactory(country="IE").pk)
    assert ConnectForm(make_invitation(company, prefill=prefill))["country"].value() == "IE"


def test_unlocked_prefill_may_change(company):
    prefill = Prefill(datasource_id=DatasourceFactory().pk, country="GB", connection_owner_email="a@example.com")
    account = valid(make_invitation(company, prefill=prefill), country="FR", owner_email="b@example.com").account
    assert (account.url, account.country) == ("https://portal.utility.example/login", "FR")
    assert account.owner_email == "b@example.com"


def test_missing_locked_site_is_skipped(company):
    stays, goes = SiteFactory.create_batch(2, company=company)
    prefill = Prefill(initial_sites=(stays.pk, goes.pk), locked_fields=("initial_sites",))
    invitation = make_invitation(company, prefill=prefill)
    goes.delete()
    assert valid(invitation).account.sites == (stays,)


def test_each_form_has_its_id(invitation):
    assert ConnectForm(invitation)["form_id"].value() != ConnectForm(invitation)["form_id"].value()
