"""Staff maintain the catalogue of providers."""

from django.urls import reverse

from connections.models import Datasource
from tests.connections.admin.pages import listed, words
from tests.factories import DatasourceFactory, make_connection


def provider(**fields):
    return {"name": "Acme Water", "country": "IE", "login_url": "https://acme.example/login"} | fields


def test_provider_is_added_and_changed(admin_client):
    facts = {"aliases": "AW, Old Acme", "login_with": "EMAIL", "second_factor": "", "login_help": "Hello."}
    admin_client.post(reverse("admin:connections_datasource_add"), provider(utility_types=["WATER", "GAS"], **facts))
    datasource = Datasource.objects.get()
    assert (datasource.name, datasource.utility_types) == ("Acme Water", ["WATER", "GAS"])
    assert (datasource.aliases, datasource.login_with) == (["AW", "Old Acme"], "EMAIL")
    assert (datasource.second_factor, datasource.login_help, datasource.portal_name) == (None, "Hello.", None)

    address = reverse("admin:connections_datasource_change", args=[datasource.pk])
    admin_client.post(address, provider(name="Acme", utility_types=["WATER"]))

    datasource.refresh_from_db()
    assert (datasource.name, datasource.folded_name, datasource.utility_types) == ("Acme", "acme", ["WATER"])


def test_error_stands_on_its_field(admin_client):
    wrong = {
        "login_url": "javascript:alert(1)",
        "country": "XX",
        "utility_types": ["STEAM"],
        "asks_for": ["x"],
        "name": "",
        "aliases": "x" * 101,
        "portal_name": "x" * 101,
        "login_with": "FINGERPRINT",
        "second_factor": "EYE",
        "password_reset_url": "javascript:alert(1)",
        "login_help": "x" * 301,
    }

    def error_fields(**fields):
        response = admin_client.post(reverse("admin:connections_datasource_add"), provider(**fields))
        return list(response.context["adminform"].form.errors)

    assert {name: error_fields(**{name: value}) for name, value in wrong.items()} == {name: [name] for name in wrong}
    assert not Datasource.objects.exists()


def test_extra_credentials_are_set_and_cleared(admin_client):
    admin_client.post(reverse("admin:connections_datasource_add"), provider(asks_for=["account_number"]))
    datasource = Datasource.objects.get()
    assert datasource.asks_for == ["account_number"]

    address = reverse("admin:connections_datasource_change", args=[datasource.pk])
    assert "Also asks for" in words(admin_client.get(address))
    admin_client.post(address, provider())

    datasource.refresh_from_db()
    assert datasource.asks_for == []


def test_moved_login_page_is_warned_of(admin_client, company):
    datasource = make_connection(company).datasource
    address = reverse("admin:connections_datasource_change", args=[datasource.pk])
    old_host, new_host = (provider(login_url=url) for url in (datasource.login_url + "/x", "https://new.example/"))

    assert "Collectors do not get" not in words(admin_client.post(address, old_host, follow=True))
    assert "The login page moved to new.example. Collectors do not get" in words(
        admin_client.post(address, new_host, follow=True)
    )


def test_provider_is_unique_in_a_country(admin_client):
    DatasourceFactory(name="Acme Water", country="IE")

    response = admin_client.post(reverse("admin:connections_datasource_add"), provider())

    assert "already exists" in words(response)


def test_search_ignores_accents(admin_client):
    nord = DatasourceFactory(name="Énergie du Nord", utility_types=["GAS"])
    DatasourceFactory()

    for query in ({"q": "energ nord"}, {"q": str(nord.pk)}, {"utility_type": "GAS"}):
        shown = admin_client.get(reverse("admin:connections_datasource_changelist"), query)
        assert list(shown.context["cl"].result_list) == [nord]


def test_search_tolerates_typing_errors(admin_client):
    """In the list and in autocomplete fields."""
    british = DatasourceFactory(name="British Columbia Hydro")
    DatasourceFactory(name="Northern Energy")
    field = {"app_label": "connections", "model_name": "connection", "field_name": "datasource"}

    for term in ("ritish", "britsh colum"):
        offered = admin_client.get(reverse("admin:autocomplete"), {"term": term, **field}).json()["results"]
        assert listed(admin_client, "datasource", q=term) == [british]
        assert [each["id"] for each in offered] == [str(british.pk)]


def test_country_filter_shows_names(admin_client):
    DatasourceFactory(country="DE")
    DatasourceFactory(country="FR")

    listed = reverse("admin:connections_datasource_changelist")
    assert ">Germany</a>" in words(admin_client.get(listed))
    assert len(admin_client.get(listed, {"country": "DE"}).context["cl"].result_list) == 1
