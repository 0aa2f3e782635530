"""The catalogue of utility providers."""

import ipaddress
from collections.abc import Iterable
from typing import TypedDict
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django_countries import countries

from config.refusals import InvalidField
from connections.models import Datasource

MAX_URL_LENGTH = 500


class DatasourceRow(TypedDict):
    """One line of a catalogue."""

    name: str
    login_url: str
    country: str
    utility_types: list[str]


def check_provider_url(url: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """The address of a provider's login page, as given.

    Refuses what is not https (http in development), names a user, or has no public host name. Latchkey never
    fetches it: it is shown as text and handed to the collector.
    """
    schemes = ["https", "http"] if settings.DEBUG else ["https"]
    try:
        URLValidator(schemes=schemes)(url)
        parts = urlsplit(url)
        is_whole = parts.port != 0 and url.isprintable()  # asking for the port refuses those over 65535
    except (ValidationError, ValueError):
        is_whole = False
    if not is_whole:
        raise InvalidField(field, "This is not the address of a web page that begins with https://.")
    if len(url) > MAX_URL_LENGTH:
        raise InvalidField(field, f"An address may have at most {MAX_URL_LENGTH} characters.")
    if parts.username is not None or not _is_public_name(parts.hostname or ""):
        raise InvalidField(field, "This address does not lead to a provider’s public page.")
    return url


def _is_public_name(host: str) -> bool:
    host = host.rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))
    return False


def check_country(code: str, *, field: tuple[str | int, ...] = ("country",)) -> str:
    """The code, if ISO 3166-1 has it. Refuses others, such as `UK`, naming the field."""
    if code not in countries:
        raise InvalidField(field, "There is no such country (ISO 3166-1 alpha-2).", code="invalid_country")
    return code


def ensure_sandbox() -> Datasource:
    """The provider that does not exist: see `connections.sandbox`."""
    sandbox, _ = Datasource.objects.get_or_create(
        country="GB",
        name="Sandbox Utility",
        defaults={
            "login_url": "https://sandbox.latchkey.example/login",
            "utility_types": ["ELECTRICITY"],
            "is_sandbox": True,
        },
    )
    return sandbox


def find_datasource(datasource_id: UUID, *, field: tuple[str | int, ...] = ("datasource_id",)) -> Datasource:
    """The provider with this id. Refuses an id that is not in the catalogue, naming the field."""
    datasource = Datasource.objects.filter(pk=datasource_id).first()
    if datasource is None:
        raise InvalidField(field, "There is no such provider in the catalogue.", code="not_found")
    return datasource


def load_datasources(rows: Iterable[DatasourceRow]) -> int:
    """Bring the catalogue up to these rows; what is there already keeps its id. Returns how many rows there were.

    Refuses the whole load when a row does not hold, naming the row and what of it.
    """
    datasources = [Datasource(**row) for row in rows]
    seen: set[tuple[str, str]] = set()
    for number, datasource in enumerate(datasources, start=1):
        key = (datasource.country, datasource.name)
        if wrong := "name: stands in an earlier row as well" if key in seen else _what_is_wrong(datasource):
            raise InvalidField((number,), f"Row {number}: {wrong}")
        seen.add(key)
    Datasource.objects.bulk_create(
        datasources,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["country", "name"],
        update_fields=["login_url", "utility_types"],
    )
    return len(datasources)


def _what_is_wrong(datasource: Datasource) -> str:
    try:
        datasource.clean_fields()
        check_provider_url(datasource.login_url, field=("login_url",))
        check_country(datasource.country)
    except ValidationError as error:
        return "; ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
    except InvalidField as refusal:
        return f"{refusal.field[0]}: {refusal.detail}"
    return ""
