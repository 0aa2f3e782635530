from collections import Counter

import pytest

from config.exceptions import InvalidField
from connections.models import Datasource
from connections.services.catalogue import create_datasource, update_datasource
from tests.factories import DatasourceFactory
from tests.races import race

ACME = {"name": "Acme Water", "country": "IE", "login_url": "https://acme.example/login"}


def invalid_field(act):
    with pytest.raises(InvalidField) as refusal:
        act()
    return refusal.value.field


def test_datasource_is_created_and_changed(db):
    datasource = create_datasource(**ACME, utility_types=["WATER"], asks_for=["account_number"])
    update_datasource(datasource, name="Acme", utility_types=["WATER", "GAS"])

    datasource = Datasource.objects.get()
    assert (datasource.name, datasource.folded_name, datasource.country) == ("Acme", "acme", "IE")
    assert (datasource.utility_types, datasource.asks_for) == (["WATER", "GAS"], ["account_number"])


def test_update_writes_changed_fields_only(db):
    datasource = create_datasource(**ACME)
    stale = Datasource.objects.get()
    update_datasource(datasource, login_url="https://new.example/login")

    update_datasource(stale, name="Acme")

    assert Datasource.objects.values_list("name", "login_url").get() == ("Acme", "https://new.example/login")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("login_url", "javascript:alert(1)"),
        ("country", "UK"),
        ("country", "ie"),
        ("utility_types", ["STEAM"]),
        ("asks_for", ["mother's name"]),
    ],
)
def test_invalid_field_is_named(db, field, value):
    assert invalid_field(lambda: create_datasource(**ACME | {field: value})) == (field,)
    datasource = create_datasource(**ACME)
    before = Datasource.objects.values().get()

    assert invalid_field(lambda: update_datasource(datasource, **{field: value})) == (field,)
    assert Datasource.objects.values().get() == before


def test_name_is_unique_in_a_country(db):
    create_datasource(**ACME)
    other = DatasourceFactory(country="IE")

    assert invalid_field(lambda: create_datasource(**ACME)) == ("name",)
    assert invalid_field(lambda: update_datasource(other, name=ACME["name"])) == ("name",)
    assert create_datasource(**ACME | {"country": "GB"})


@pytest.mark.django_db(transaction=True)
def test_concurrent_creation_of_one_name():
    results = race(20, lambda _: create_datasource(**ACME))

    assert Counter(type(result) for result in results) == {Datasource: 1, InvalidField: 19}
