"""Details of an account, and the rules for each of them."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypedDict, Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from companies.addresses import normalize_address
from companies.services.companies import check_external_id
from config.db.metadata import check_metadata
from config.exceptions import FieldErrors, InvalidField
from connections.models import Datasource
from connections.services.catalogue import check_country
from connections.services.login_pages import check_provider_url

EARLIEST_START = date(1970, 1, 1)
LATEST_START = timedelta(days=366)


class Details(TypedDict, total=False):
    """Details of an account, beside its provider, sites and credentials."""

    utility_types: Sequence[str]
    country: str | None
    owner_email: str | None
    collection_start_date: date | None
    external_id: str | None
    metadata: dict[str, str] | None


def check_provider(datasource: Datasource | None, url: str | None) -> str | None:
    """Return the URL as it is stored. None for a provider from the catalogue."""
    if datasource is None and not url:
        raise InvalidField(("datasource_id",), _("Give a datasourceId or a url."), code="required")
    if datasource and url:
        raise InvalidField(("datasource_id",), _("Give a datasourceId or a url, and not both."))
    return check_provider_url(url) if url else None


def check_start_date(day: date, *, field: tuple[str | int, ...] = ("data_collection_start_date",)) -> date:
    """Reject days before 1970 or more than a year from now: they are typing errors."""
    if not EARLIEST_START <= day <= timezone.localdate() + LATEST_START:
        raise InvalidField(field, _("Choose a day from 1970 to a year from now."), code="out_of_range")
    return day


# validators by field; each returns the value as it is stored, or raises `InvalidField`
CHECKS: dict[str, Callable[[Any], Any]] = {
    "utility_types": lambda types: list(dict.fromkeys(types)),
    "country": lambda country: check_country(country) if country else None,
    "owner_email": lambda email: normalize_address(email, field=("connection_owner_email",)) if email else None,
    "collection_start_date": lambda day: check_start_date(day) if day else None,
    "external_id": check_external_id,
    "metadata": check_metadata,
}
WIRE_NAMES = {"owner_email": "connectionOwnerEmail", "collection_start_date": "dataCollectionStartDate"}


def check_details(errors: FieldErrors, **details: Unpack[Details]) -> dict[str, Any]:
    """Return the details as they are stored, and collect what is wrong with them."""
    return {name: errors.check(CHECKS[name], value) for name, value in details.items()}
