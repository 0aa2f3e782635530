"""The catalogue of providers and the command that loads it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from connections.models import Datasource
from connections.services.catalogue import check_provider_url, update_datasource
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


def test_the_starting_catalogue_has_sixty_or_more_providers_in_eleven_countries_and_loads_twice(db):
    call_command("load_datasources")
    first = dict(Datasource.objects.values_list("name", "pk"))
    call_command("load_datasources")

    assert dict(Datasource.objects.values_list("name", "pk")) == first
    assert Datasource.objects.count() >= 60
    countries = Counter(Datasource.objects.values_list("country", flat=True))
    assert set(countries) >= {"US", "CA", "GB", "IE", "DE", "FR", "ES", "IT", "NL", "AU", "NZ"}


def test_every_provider_of_it_would_be_taken_as_a_login_page_and_is_found_by_its_own_name(db):
    call_command("load_datasources")

    for each in Datasource.objects.all():
        assert check_provider_url(each.login_url) == each.login_url
        assert each.utility_types, each
        assert each in Datasource.objects.search(each.name), each
        assert each in Datasource.objects.search(each.name.split()[0]), each


def test_the_starting_catalogue_changes_nothing_that_staff_have_changed(db):
    call_command("load_datasources")
    count = Datasource.objects.count()
    agl, alinta = Datasource.objects.get(name="AGL"), Datasource.objects.get(name="Alinta Energy")
    update_datasource(agl, name="AGL Energy", utility_types=["WATER"])
    update_datasource(alinta, login_url="https://new.alinta.example/login")
    before = list(Datasource.objects.order_by("pk").values())

    call_command("load_datasources")

    assert list(Datasource.objects.order_by("pk").values()) == before
    assert len(before) == count


def test_the_starting_catalogue_adds_what_is_missing(db):
    call_command("load_datasources")
    Datasource.objects.filter(country="AU").delete()

    call_command("load_datasources")

    assert Datasource.objects.filter(country="AU", name="AGL").count() == 1


def test_a_file_that_is_named_changes_what_staff_have_changed(load):
    load("One,https://one.example.com,GB,GAS")
    update_datasource(Datasource.objects.get(), login_url="https://elsewhere.example.com", utility_types=[])

    load("One,https://one.example.com,GB,GAS")

    one = Datasource.objects.get()
    assert (one.login_url, one.utility_types) == ("https://one.example.com", ["GAS"])


def test_run_again_it_changes_what_changed_adds_what_is_new_and_keeps_the_rest(load):
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


def test_a_file_may_say_what_providers_ask_for_and_loads_twice(load):
    lines = (
        "One,https://one.example.com,GB,GAS,account_number authenticator_seed",
        "Two,https://two.example.com,GB,GAS,",
    )
    for _ in range(2):
        load(*lines, head=ASKING)
        assert asked_for() == {"One": ["account_number", "authenticator_seed"], "Two": []}

    load("One,https://one.example.com,GB,GAS,", head=ASKING)
    assert asked_for() == {"One": [], "Two": []}


def test_a_file_that_does_not_know_what_providers_ask_for_leaves_it_as_it_is(load):
    DatasourceFactory(name="One", country="GB", asks_for=["account_number"])

    load("One,https://new.example.com,GB,GAS")

    assert asked_for() == {"One": ["account_number"]}
    assert Datasource.objects.get().login_url == "https://new.example.com"


def test_a_provider_asks_for_nothing_that_nobody_knows(load):
    with pytest.raises(CommandError, match=r"Row 1\b.*\basks_for\b"):
        load("One,https://one.example.com,GB,GAS,pin", head=ASKING)

    assert not Datasource.objects.exists()


def test_a_name_may_stand_in_two_countries(load):
    load("One,https://one.example.com,GB,GAS", "One,https://one.example.ie,IE,GAS")

    assert Datasource.objects.count() == 2


@pytest.mark.parametrize("name", ["E.ON", "Électricité de Strasbourg", 'The "Best", Ltd', "Stadtwerke Köln"])
def test_names_are_read_as_they_are_written(load, name):
    quoted = name.replace('"', '""')
    load(f'"{quoted}",https://one.example.com,FR,GAS', head="\ufeff" + HEAD)

    assert Datasource.objects.get().name == name


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",https://two.example.com,GB,GAS", "name"),
        ("T" * 201 + ",https://two.example.com,GB,GAS", "name"),
        ("Two,,GB,GAS", "login_url"),
        ("Two,two.example.com,GB,GAS", "login_url"),
        ("Two,javascript:alert(1),GB,GAS", "login_url"),
        ("Two,ftp://two.example.com,GB,GAS", "login_url"),
        ("Two,https://two.example.com,,GAS", "country"),
        ("Two,https://two.example.com,gb,GAS", "country"),
        ("Two,https://two.example.com,GBR,GAS", "country"),
        ("Two,https://two.example.com,GB,STEAM", "utility_types"),
        ("Two,https://two.example.com,GB,GAS;WATER", "utility_types"),
        ("Two", "login_url"),
    ],
)
def test_a_row_that_does_not_hold_is_named_with_its_column_and_nothing_is_loaded(load, line, column):
    with pytest.raises(CommandError, match=rf"Row 2\b.*\b{column}\b"):
        load("One,https://one.example.com,GB,GAS", line, "Three,https://three.example.com,GB,GAS")

    assert not Datasource.objects.exists()


def test_a_provider_that_stands_twice_is_named(load):
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
def test_a_missing_column_is_named(load, head, column):
    with pytest.raises(CommandError, match=f"The column {column} is missing"):
        load(head=head)


def test_a_file_that_is_not_there_or_not_utf_8_is_one_sentence(db, tmp_path):
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEAD.encode() + "Köln,https://x.example.com,DE,GAS\n".encode("latin-1"))

    for path in (tmp_path / "nowhere.csv", latin):
        with pytest.raises(CommandError, match=path.name):
            call_command("load_datasources", str(path))


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"country": "gb"}, {"utility_types": ["STEAM"]}, {"login_url": "javascript:alert(1)"}]
)
def test_whoever_writes_it_a_row_holds(db, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        DatasourceFactory(**wrong)
