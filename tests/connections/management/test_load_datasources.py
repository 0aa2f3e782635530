from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from connections.management.commands import load_datasources
from connections.models import Datasource
from connections.services.catalogue import update_datasource
from tests.factories import DatasourceFactory

HEAD = "name,login_url,country,utility_types\n"


@pytest.fixture
def load(db: None, tmp_path: Path) -> Any:
    """Loads these lines from a file."""

    def from_lines(*lines: str, head: str = HEAD) -> None:
        file = tmp_path / "providers.csv"
        file.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        call_command("load_datasources", str(file), verbosity=0)

    return from_lines


@pytest.fixture
def shipped(load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a small catalogue as the one that is shipped."""
    file = tmp_path / "shipped.csv"
    lines = ("AGL,https://myaccount.agl.com.au/,AU,GAS", "Alinta,https://www.alintaenergy.com.au/,AU,GAS")
    file.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    monkeypatch.setattr(load_datasources, "STARTING_CATALOGUE", file)
    return lambda: call_command("load_datasources", verbosity=0)


def test_shipped_catalogue_keeps_changes_of_staff(shipped):
    shipped()
    agl, alinta = Datasource.objects.order_by("name")
    update_datasource(agl, name="AGL Energy", utility_types=["WATER"], second_factor="APP")
    update_datasource(alinta, login_url="https://new.alinta.example/login")
    before = list(Datasource.objects.order_by("pk").values())

    shipped()

    assert list(Datasource.objects.order_by("pk").values()) == before
    assert len(before) == 2


def test_shipped_catalogue_adds_missing_providers(shipped):
    DatasourceFactory(country="AU", name="Alinta")

    shipped()

    assert list(Datasource.objects.order_by("name").values_list("name", flat=True)) == ["AGL", "Alinta"]


def test_catalogue_takes_three_statements(shipped, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):  # with savepoint and release
        shipped()


def test_file_overrides_changes_of_staff(load):
    load("One,https://one.example.com,GB,GAS")
    update_datasource(Datasource.objects.get(), login_url="https://elsewhere.example.com", utility_types=[])

    load("One,https://one.example.com,GB,GAS")

    one = Datasource.objects.get()
    assert (one.login_url, one.utility_types) == ("https://one.example.com", ["GAS"])


def test_file_updates_adds_and_keeps(load):
    load("One,https://one.example.com,GB,GAS", "Two,https://two.example.com,GB,GAS")
    ids = dict(Datasource.objects.values_list("name", "pk"))

    load("Two,https://two.example.com/new,GB,GAS WATER", "Three,https://three.example.com,IE,")

    assert dict(Datasource.objects.values_list("name", "pk")).items() >= ids.items()
    two = Datasource.objects.get(name="Two")
    assert (two.login_url, two.utility_types) == ("https://two.example.com/new", ["GAS", "WATER"])
    assert Datasource.objects.get(name="Three").utility_types == []
    assert Datasource.objects.count() == 3


ASKING = "name,login_url,country,utility_types,asks_for\n"


def asked_for():
    return dict(Datasource.objects.values_list("name", "asks_for"))


def test_file_sets_asks_for(load):
    lines = (
        "One,https://one.example.com,GB,GAS,account_number authenticator_seed",
        "Two,https://two.example.com,GB,GAS,",
    )
    for _ in range(2):
        load(*lines, head=ASKING)
        assert asked_for() == {"One": ["account_number", "authenticator_seed"], "Two": []}

    load("One,https://one.example.com,GB,GAS,", head=ASKING)
    assert asked_for() == {"One": [], "Two": []}


def test_file_without_asks_for_keeps_it(load):
    DatasourceFactory(name="One", country="GB", asks_for=["account_number"])

    load("One,https://new.example.com,GB,GAS")

    assert asked_for() == {"One": ["account_number"]}
    assert Datasource.objects.get().login_url == "https://new.example.com"


def test_file_sets_facts_of_the_login(load):
    head = HEAD.strip() + ",aliases,portal_name,login_with,second_factor,password_reset_url,login_help\n"
    facts = ("aliases", "portal_name", "login_with", "second_factor", "password_reset_url", "login_help")
    load("One,https://one.example.com,GB,GAS,Uno; Eins,My One,EMAIL,APP,https://one.example.com/x,Hello.", head=head)
    known = (["Uno", "Eins"], "My One", "EMAIL", "APP", "https://one.example.com/x", "Hello.")
    assert Datasource.objects.values_list(*facts).get() == known

    load("One,https://one.example.com,GB,GAS")
    assert Datasource.objects.values_list(*facts).get() == known
    load("One,https://one.example.com,GB,GAS,,,,,,", head=head)
    assert Datasource.objects.values_list(*facts).get() == ([], None, None, None, None, None)


def test_name_may_repeat_in_another_country(load):
    load("One,https://one.example.com,GB,GAS", "One,https://one.example.ie,IE,GAS")

    assert Datasource.objects.count() == 2


@pytest.mark.parametrize("name", ["E.ON", "Électricité de Strasbourg", 'The "Best", Ltd', "Stadtwerke Köln"])
def test_names_are_read_as_written(load, name):
    quoted = name.replace('"', '""')
    load(f'"{quoted}",https://one.example.com,FR,GAS', head="\ufeff" + HEAD)

    assert Datasource.objects.get().name == name


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",https://two.example.com,GB,GAS", "name"),
        ("Two,javascript:alert(1),GB,GAS", "login_url"),
        ("Two,https://two.example.com,gb,GAS", "country"),
        ("Two,https://two.example.com,GB,GAS;WATER", "utility_types"),
        ("Two", "login_url"),
    ],
)
def test_invalid_row_loads_nothing(load, line, column):
    with pytest.raises(CommandError, match=rf"Row 2\b.*\b{column}\b"):
        load("One,https://one.example.com,GB,GAS", line, "Three,https://three.example.com,GB,GAS")

    assert not Datasource.objects.exists()


def test_repeated_provider_loads_nothing(load):
    with pytest.raises(CommandError, match=r"Row 3\b.*\bname\b"):
        load("One,https://one.example.com,GB,GAS", "Two,https://two.example.com,GB,GAS", "One,https://x.example,GB,")

    assert not Datasource.objects.exists()


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("name,url,country,utility_types\n", "login_url"),
        ("name;login_url;country;utility_types\n", "name"),
        ("", "name"),
    ],
)
def test_missing_column_is_named(load, head, column):
    with pytest.raises(CommandError, match=f"The column {column} is missing"):
        load(head=head)


def test_unreadable_file_is_named(db, tmp_path):
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEAD.encode() + "Köln,https://x.example.com,DE,GAS\n".encode("latin-1"))

    for path in (tmp_path / "nowhere.csv", latin):
        with pytest.raises(CommandError, match=path.name):
            call_command("load_datasources", str(path))
