"""What an invitation fills in beforehand, and what of it is locked."""

from datetime import date
from uuid import uuid4

import pytest

from config.exceptions import InvalidField
from invitations.models.prefill import LOCKABLE, WIRE_NAMES, Prefill

FULL = {
    "url": "https://utility.example.com/login",
    "initial_sites": (uuid4(), uuid4()),
    "utility_types": ("GAS", "WATER"),
    "country": "NL",
    "connection_owner_email": "owner@example.com",
    "data_collection_start_date": date(2024, 2, 29),
}


@pytest.mark.parametrize(
    "prefill",
    [
        Prefill(),
        Prefill(**FULL),
        Prefill(**FULL, locked_fields=("url", "country", "initial_sites")),
        Prefill(datasource_id=uuid4(), locked_fields=("datasource_id",)),
        Prefill(utility_types=("SOLAR",)),
    ],
)
def test_what_is_written_is_read_again(prefill):
    again = Prefill.from_json(prefill.to_json())

    assert {name: getattr(again, name) for name in FULL} == {name: getattr(prefill, name) for name in FULL}
    assert (again.datasource_id, set(again.locked_fields)) == (prefill.datasource_id, set(prefill.locked_fields))


def test_it_is_written_in_the_names_and_forms_of_the_wire_and_says_nothing_of_what_was_not_given():
    document = Prefill(country="NL", data_collection_start_date=date(2024, 2, 29), locked_fields=("country",)).to_json()

    assert document == {"country": "NL", "dataCollectionStartDate": "2024-02-29", "lockedFields": ["country"]}
    assert Prefill().to_json() == {}


def test_every_field_has_a_name_on_the_wire_and_all_but_the_locks_can_be_locked():
    assert set(WIRE_NAMES) == {*LOCKABLE, "locked_fields"}


@pytest.mark.parametrize("name", LOCKABLE)
def test_a_field_without_a_value_cannot_be_locked(name):
    with pytest.raises(InvalidField) as refusal:
        Prefill(locked_fields=(name,))

    assert refusal.value.field == ("prefill", "locked_fields", 0)
    assert WIRE_NAMES[name] in refusal.value.detail


@pytest.mark.parametrize("name", ["initial_sites", "utility_types"])
def test_an_empty_list_is_no_value_to_lock(name):
    with pytest.raises(InvalidField):
        Prefill(**{name: (), "locked_fields": (name,)})


def test_there_is_one_provider():
    with pytest.raises(InvalidField) as refusal:
        Prefill(datasource_id=uuid4(), url="https://utility.example.com")

    assert refusal.value.field == ("prefill", "url")


def test_whichever_way_the_provider_was_given_it_is_locked_as_one():
    assert Prefill(datasource_id=uuid4(), locked_fields=("datasource_id",)).locks_provider
    assert Prefill(url=FULL["url"], locked_fields=("url",)).locks_provider
    assert not Prefill(**FULL, locked_fields=("country",)).locks_provider
