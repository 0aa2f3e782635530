"""Time zones by their names in the IANA database."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils.translation import gettext as _

from config.exceptions import InvalidField

UTC = "UTC"
# files beside the zones, which mean something else on each machine
NO_ZONES = frozenset({"Factory", "localtime"})
AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
MAX_COMPARED = 64


@cache
def time_zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - NO_ZONES | {UTC})


def validate_time_zone(name: str) -> str:
    """Return the name unchanged. Raises `InvalidField` for one that is not in the IANA database, with the nearest."""
    if name not in time_zone_names():
        raise InvalidField(
            ("time_zone",), f"{_('There is no such time zone.')} {_hint(name)}", code="unknown_time_zone"
        )
    return name


def find_time_zone(name: str) -> ZoneInfo:
    """Return the zone. UTC if the database of this machine is older than the name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(UTC)


def time_zones_by_area() -> Mapping[str, Sequence[str]]:
    """Return the sorted names by the part before the slash, without aliases such as `GB`."""
    names = sorted(time_zone_names())
    return {area: [name for name in names if name.startswith(f"{area}/")] for area in AREAS}


def _hint(name: str) -> str:
    folded = {known.casefold(): known for known in time_zone_names()}
    near = get_close_matches(name[:MAX_COMPARED].replace(" ", "_").casefold(), folded, n=1)
    return _("Did you mean %(name)s?") % {"name": folded[near[0]]} if near else _("Choose one such as Europe/Berlin.")
