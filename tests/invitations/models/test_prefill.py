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
def test_json_round_trip(prefill):
    again = Prefill.from_json(prefill.to_json())

    assert {name: getattr(again, name) for name in FULL} == {name: getattr(prefill, name) for name in FULL}
    assert (again.datasource_id, set(again.locked_fields)) == (prefill.datasource_id, set(prefill.locked_fields))


def test_json_has_wire_names_and_given_fields():
    document = Prefill(country="NL", data_collection_start_date=date(2024, 2, 29), locked_fields=("country",)).to_json()

    assert document == {"country": "NL", "dataCollectionStartDate": "2024-02-29", "lockedFields": ["country"]}
    assert Prefill().to_json() == {}


def test_every_lockable_field_has_a_wire_name():
    assert set(WIRE_NAMES) == {*LOCKABLE, "locked_fields"}


def test_locked_field_needs_a_value():
    for name in LOCKABLE:
        with pytest.raises(InvalidField, match=f"{WIRE_NAMES[name]} is locked but has no value.") as error:
            Prefill(locked_fields=(name,))
        assert error.value.field == ("prefill", "locked_fields", 0)
    with pytest.raises(InvalidField):
        Prefill(utility_types=(), locked_fields=("utility_types",))


def test_datasource_and_url_exclude_each_other():
    with pytest.raises(InvalidField) as refusal:
        Prefill(datasource_id=uuid4(), url="https://utility.example.com")

    assert refusal.value.field == ("prefill", "url")


def test_locks_provider_by_id_or_url():
    assert Prefill(datasource_id=uuid4(), locked_fields=("datasource_id",)).locks_provider
    assert Prefill(url=FULL["url"], locked_fields=("url",)).locks_provider
    assert not Prefill(**FULL, locked_fields=("country",)).locks_provider
