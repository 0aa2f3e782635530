"""The contributor's form: what it takes for a provider, and what an invitation fills in and locks."""

from datetime import date
from uuid import uuid4

import pytest

from invitations.contributor.forms import ConnectForm
from invitations.models.prefill import Prefill
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, answers

pytestmark = pytest.mark.django_db

UNKNOWN = "We do not know this provider. Paste the address of its login page instead."


@pytest.fixture
def invitation(company):
    return make_invitation(company)


def filled_in(invitation, **changes):
    return ConnectForm(invitation, answers(**changes))


def valid(invitation, **changes):
    form = filled_in(invitation, **changes)
    assert form.is_valid(), form.errors
    return form


# --- the provider -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["Hydro-Québec", "hydro-québec", "HYDRO-QUÉBEC", "hydro-quebec", "  Hydro-Québec ", "Hydro-Que\u0301bec"]
)
def test_a_provider_is_known_by_its_name_in_any_case_with_accents_or_without(invitation, typed):
    known = DatasourceFactory(name="Hydro-Québec")
    DatasourceFactory(name="Hydro-Québec Distribution")
    account = valid(invitation, provider=typed).account
    assert (account.datasource, account.url) == (known, None)


def test_a_name_that_looks_like_an_address_is_still_a_name(invitation):
    known = DatasourceFactory(name="E.ON")
    account = valid(invitation, provider="e.on").account
    assert (account.datasource, account.url) == (known, None)


def test_a_beginning_that_fits_several_brings_up_a_choice(invitation):
    one, other = DatasourceFactory(name="Berliner Wasser"), DatasourceFactory(name="Berliner Wärme", country="DE")
    DatasourceFactory(name="Hamburg Wasser")
    form = filled_in(invitation, provider="berliner w")
    assert form.errors == {"datasource": ["Choose your provider from these, or type its name in full."]}
    assert not form["datasource"].is_hidden
    labels = {choice.choice_label for choice in form["datasource"]}
    assert labels == {f"{each.name}, {each.country} – {each.host}" for each in (one, other)}


def test_a_beginning_that_fits_one_is_asked_about_all_the_same(invitation):
    only = DatasourceFactory(name="Yarra Valley Water")
    form = filled_in(invitation, provider="yarra")
    assert not form.is_valid()
    assert valid(invitation, provider="yarra", datasource=only.pk).account.datasource == only


def test_the_choice_then_made_counts(invitation):
    chosen = DatasourceFactory(name="Berliner Wasser")
    DatasourceFactory(name="Berliner Wärme")
    assert valid(invitation, provider="berliner", datasource=chosen.pk).account.datasource == chosen


def test_two_of_the_same_name_are_told_apart_by_country(invitation):
    german, austrian = (DatasourceFactory(name="E.ON", country=country) for country in ("DE", "AT"))
    form = filled_in(invitation, provider="E.ON")
    assert not form.is_valid()
    assert [choice.choice_label.split(" – ")[0] for choice in form["datasource"]] == ["E.ON, AT", "E.ON, DE"]
    assert valid(invitation, provider="E.ON", datasource=german.pk).account.datasource == german
    assert valid(invitation, provider="E.ON", datasource=austrian.pk).account.datasource == austrian


def test_a_text_changed_after_choosing_makes_the_choice_void(invitation):
    chosen = DatasourceFactory(name="Berliner Wasser")
    other = DatasourceFactory(name="Hamburg Energie")
    assert valid(invitation, provider="Hamburg Energie", datasource=chosen.pk).account.datasource == other
    assert filled_in(invitation, provider="Nobody knows me", datasource=chosen.pk).errors == {"provider": [UNKNOWN]}
    by_address = valid(invitation, provider="https://portal.utility.example/", datasource=chosen.pk).account
    assert (by_address.datasource, by_address.url) == (None, "https://portal.utility.example/")


def test_a_name_that_is_merely_alike_may_be_another_providers(invitation):
    chosen = DatasourceFactory(name="Northern Gas")
    assert filled_in(invitation, provider="Northend Gas", datasource=chosen.pk).errors == {"provider": [UNKNOWN]}


def test_a_name_in_full_beats_an_older_choice_whose_name_begins_so(invitation):
    chosen, meant = DatasourceFactory(name="Octopus Energy Next"), DatasourceFactory(name="Octopus Energy")
    assert valid(invitation, provider="Octopus Energy", datasource=chosen.pk).account.datasource == meant


@pytest.mark.parametrize("typed", ["Nobody knows me", "???", "–", "...", "x" * 500, "'; DROP TABLE", "a & b | !c:*"])
def test_an_unknown_name_is_answered_kindly(invitation, typed):
    DatasourceFactory(name="Berliner Wasser")
    assert filled_in(invitation, provider=typed).errors == {"provider": [UNKNOWN]}


def test_no_more_than_twelve_are_offered(invitation):
    for number in range(20):
        DatasourceFactory(name=f"Same beginning {number}")
    form = filled_in(invitation, provider="same")
    assert not form.is_valid()
    assert len(form["datasource"]) == 12


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://portal.utility.example/login", "https://portal.utility.example/login"),
        ("HTTPS://Portal.Utility.example", "https://Portal.Utility.example"),
        ("portal.utility.example", "https://portal.utility.example"),
        (" portal.utility.example/log/in?a=1 ", "https://portal.utility.example/log/in?a=1"),
        ("https://portal.utility.example:8443/", "https://portal.utility.example:8443/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ],
)
def test_a_provider_is_known_by_the_address_of_its_login_page(invitation, typed, url):
    account = valid(invitation, provider=typed).account
    assert (account.datasource, account.url) == (None, url)


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//portal.utility.example",
        "data:text/html,hello",
        "file:///etc/passwd",
        "ftp://portal.utility.example/",
        "https://somebody@portal.utility.example/",
        "https://somebody:secret@portal.utility.example/",
        "https://127.0.0.1/",
        "https://192.168.1.1/login",
        "https://[::1]/",
        "https://2130706433/",
        "https://localhost/",
        "https://router.local/",
        "https://db.internal/",
        "https:portal.utility.example",
        "https://",
        "https://portal.utility.example/ <script>",
        "https://portal.utility.example\\@evil.example/",
    ],
)
def test_an_address_that_is_no_public_page_is_refused(invitation, typed):
    form = filled_in(invitation, provider=typed)
    assert set(form.errors) == {"provider"}


def test_plain_http_is_for_development_only(invitation, settings):
    settings.DEBUG = False
    assert set(filled_in(invitation, provider="http://portal.utility.example/").errors) == {"provider"}


# --- everything else --------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, "", "   "])
@pytest.mark.parametrize("field", ["provider", "username"])
def test_provider_and_user_name_are_needed(invitation, field, nothing):
    assert set(filled_in(invitation, **{field: nothing}).errors) == {field}


@pytest.mark.parametrize("nothing", [None, ""])
def test_the_password_is_needed(invitation, nothing):
    assert set(filled_in(invitation, password=nothing).errors) == {"password"}


@pytest.mark.parametrize("password", [" starts and ends with a space ", " ", "\u2003ü🗝\t", PASSWORD, "x" * 1000])
def test_a_password_is_taken_as_it_is(invitation, password):
    assert valid(invitation, password=password).credentials["password"] == password


@pytest.mark.parametrize("name", [None, "", "not one", "0" * 36])
def test_a_form_without_its_name_asks_to_be_reloaded(invitation, name):
    form = filled_in(invitation, form_id=name)
    assert form.errors == {"form_id": ["This page was not complete. Reload it, then try again."]}


def test_everything_that_was_said_is_in_the_account(invitation):
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


def test_what_was_left_out_is_empty(invitation):
    account = valid(invitation).account
    assert (account.country, account.sites, account.utility_types) == (None, (), ())
    assert (account.owner_email, account.collection_start_date) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "XX"),
        ("utility_types", ["STEAM"]),
        ("owner_email", "a@b@c"),
        ("owner_email", "a@example.com\r\nBcc: b@example.com"),
        ("owner_email", "a@localhost"),
        ("collection_start_date", "2024-02-30"),
        ("collection_start_date", "10000-01-01"),
        ("collection_start_date", "9999-12-31"),
        ("collection_start_date", "0001-01-01"),
        ("username", "x" * 255),
        ("password", "x" * 1001),
        ("provider", "x" * 501),
        ("datasource", "not an id"),
    ],
)
def test_a_value_that_does_not_hold_is_named(invitation, field, value):
    SiteFactory(company=invitation.company)
    assert set(filled_in(invitation, **{field: value}).errors) == {field}


@pytest.mark.parametrize("site", [lambda: SiteFactory().pk, uuid4, lambda: "not an id"])
def test_a_site_that_is_not_the_companys_cannot_be_chosen(invitation, site):
    own = SiteFactory(company=invitation.company)
    assert set(filled_in(invitation, sites=[str(own.pk), str(site())]).errors) == {"sites"}


def test_a_company_without_sites_is_not_asked_for_them(invitation):
    form = valid(invitation, sites=[str(SiteFactory().pk)])
    assert "sites" not in form.fields
    assert form.account.sites == ()


# --- what the invitation fills in -------------------------------------------------------------------------


def test_every_field_of_the_prefill_is_filled_in(company):
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


def test_an_address_of_the_prefill_is_filled_in_as_the_provider(company):
    form = ConnectForm(make_invitation(company, prefill=Prefill(url="https://portal.utility.example/")))
    assert form["provider"].value() == "https://portal.utility.example/"


def test_the_providers_country_is_proposed(company):
    prefill = Prefill(datasource_id=DatasourceFactory(country="IE").pk)
    assert ConnectForm(make_invitation(company, prefill=prefill))["country"].value() == "IE"


def test_what_is_filled_in_may_be_changed_where_it_is_not_locked(company):
    prefill = Prefill(datasource_id=DatasourceFactory().pk, country="GB", connection_owner_email="a@example.com")
    account = valid(make_invitation(company, prefill=prefill), country="FR", owner_email="b@example.com").account
    assert (account.url, account.country) == ("https://portal.utility.example/login", "FR")
    assert account.owner_email == "b@example.com"


def test_a_locked_site_that_is_gone_does_not_stand_in_the_way(company):
    stays, goes = SiteFactory.create_batch(2, company=company)
    prefill = Prefill(initial_sites=(stays.pk, goes.pk), locked_fields=("initial_sites",))
    invitation = make_invitation(company, prefill=prefill)
    goes.delete()
    assert valid(invitation).account.sites == (stays,)


def test_each_form_has_a_name_of_its_own(invitation):
    assert ConnectForm(invitation)["form_id"].value() != ConnectForm(invitation)["form_id"].value()
