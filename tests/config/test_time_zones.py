import pytest

from config.exceptions import InvalidField
from config.time_zones import find_time_zone, time_zone_names, time_zones_by_area, validate_time_zone


def test_wrong_time_zone_gets_a_suggestion():
    wrong = {
        "europe/berlin": "Europe/Berlin",
        "Europe/Berlim": "Europe/Berlin",
        "America/New York": "America/New_York",
        "New_York": "America/New_York",
        "": "",
        "../../etc/passwd": "",
        "x" * 100_000: "",
    }
    for name, near in wrong.items():
        with pytest.raises(InvalidField) as error:
            validate_time_zone(name)
        assert error.value.field == ("time_zone",)
        assert error.value.detail.endswith(f" Did you mean {near}?") == bool(near)


def test_time_zone_names_are_those_of_iana():
    assert {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "GB"} <= time_zone_names()
    assert not {"localtime", "Factory"} & time_zone_names()
    assert "Europe/Berlin" in time_zones_by_area()["Europe"]
    assert all(map(validate_time_zone, time_zone_names()))


def test_unknown_time_zone_counts_as_utc():
    assert [find_time_zone(name).key for name in ("Europe/Berlin", "Mars/Olympus", "", "../x")] == [
        *("Europe/Berlin", "UTC", "UTC", "UTC")
    ]
