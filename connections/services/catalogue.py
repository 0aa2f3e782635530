"""The catalogue of utility providers."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import NotRequired, TypedDict, Unpack
from urllib.parse import urlsplit
from uuid import UUID

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django_countries import countries

from config.exceptions import InvalidField
from config.validators import validate_name
from connections.models import Datasource

MAX_NAME_LENGTH = 200
MAX_URL_LENGTH = 500
# names of a machine for itself, and for others in its own network
HERE = (".localhost", ".localdomain", ".local", ".internal")


class DatasourceFields(TypedDict, total=False):
    """What can be said of a provider beside its name, its login page and its country."""

    utility_types: list[str]
    asks_for: list[str]
    is_sandbox: bool


class DatasourceChanges(DatasourceFields, total=False):
    """What can be changed of a provider."""

    name: str
    login_url: str
    country: str


class DatasourceRow(TypedDict):
    """One line of a catalogue; without `asks_for` it does not know what the provider asks for."""

    name: str
    login_url: str
    country: str
    utility_types: list[str]
    asks_for: NotRequired[list[str]]


def check_provider_url(url: str, *, field: tuple[str | int, ...] = ("url",)) -> str:
    """The address of a provider's login page, as given but for the host, which is put into its ASCII form (IDNA), so
    that a letter that only looks like another one is seen, and a scheme in capitals.

    Refuses what is not https (http in development), names a user, or has no public host name. Latchkey never
    fetches it: it is shown as text and handed to the collector.
    """
    schemes = ["https", "http"] if settings.DEBUG else ["https"]
    try:
        url = _normalize_start(url)
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


def _normalize_start(url: str) -> str:
    """Scheme and host in the form in which they are kept. Raises `ValueError` where a host has no ASCII form."""
    scheme, slashes, rest = url.partition("//")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    name, colon, port = host.partition(":")
    if not host.isascii():
        name = idna.encode(name, uts46=True).decode()
    return f"{scheme.lower()}{slashes}{name}{colon}{port}{rest[len(host) :]}"


def _is_public_name(host: str) -> bool:
    host = host.rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith(HERE)
    return False


def check_country(code: str, *, field: tuple[str | int, ...] = ("country",)) -> str:
    """The code, if ISO 3166-1 has it. Refuses others, such as `UK`, naming the field."""
    if code not in countries:
        raise InvalidField(field, "There is no such country (ISO 3166-1 alpha-2).", code="invalid_country")
    return code


DATASOURCE_CHECKS: dict[str, Callable[[str], str]] = {
    "name": partial(validate_name, max_length=MAX_NAME_LENGTH),
    "login_url": partial(check_provider_url, field=("login_url",)),
    "country": check_country,
}


def create_datasource(*, name: str, login_url: str, country: str, **fields: Unpack[DatasourceFields]) -> Datasource:
    """A provider of the catalogue.

    Refuses, naming the field: a bad name (`validate_name`), a login page that `check_provider_url` refuses, a
    country or
    kind of utility that does not exist, and a name that another provider of the country has.
    """
    return _save_checked(Datasource(name=name, login_url=login_url, country=country, **fields))


def update_datasource(datasource: Datasource, **changes: Unpack[DatasourceChanges]) -> Datasource:
    """Change what `create_datasource` takes, by its rules; connections and invitations keep to the provider."""
    for name, value in changes.items():
        setattr(datasource, name, value)
    return _save_checked(datasource, update_fields=list(changes))


def find_datasource(datasource_id: UUID, *, field: tuple[str | int, ...] = ("datasource_id",)) -> Datasource:
    """The provider with this id. Refuses an id that is not in the catalogue, naming the field."""
    datasource = Datasource.objects.filter(pk=datasource_id).first()
    if datasource is None:
        raise InvalidField(field, "There is no such provider in the catalogue.", code="not_found")
    return datasource


@transaction.atomic
def load_datasources(rows: Iterable[DatasourceRow], *, overwrite: bool) -> int:
    """Add the providers that the catalogue lacks. Returns how many rows were written.

    With `overwrite` the rows win over what is there under the same name and country, which keeps its id; a row without
    `asks_for` leaves what is stored of that as it is. Without, what is there stays as it is: whoever has a row's name,
    or its login page, in its country is that provider, so that neither a new name nor a new address brings up a second
    one. Refuses the whole load when a row does not hold, naming the row and what of it.
    """
    rows = list(rows)
    given = [Datasource(**row) for row in rows]
    seen: set[tuple[str, str]] = set()
    for number, datasource in enumerate(given, start=1):
        wrong = _what_is_wrong(datasource)
        key = (datasource.country, datasource.name)
        if wrong or key in seen:
            raise InvalidField((number,), f"Row {number}: {wrong or 'name: stands in an earlier row as well'}")
        seen.add(key)
    if not overwrite:
        missing = _missing(given)
        # whoever loads the same at the same time
        Datasource.objects.bulk_create(missing, batch_size=500, ignore_conflicts=True)
        return len(missing)
    fields = ["login_url", "utility_types"]
    _overwrite([new for new, row in zip(given, rows, strict=True) if "asks_for" not in row], fields)
    _overwrite([new for new, row in zip(given, rows, strict=True) if "asks_for" in row], [*fields, "asks_for"])
    return len(rows)


def _overwrite(datasources: list[Datasource], fields: list[str]) -> None:
    Datasource.objects.bulk_create(
        datasources,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["country", "name"],
        update_fields=fields,
    )


def _missing(datasources: list[Datasource]) -> list[Datasource]:
    """Those that are not in the catalogue, neither by name nor by login page."""
    known = set()
    for country, name, login_url in Datasource.objects.values_list("country", "name", "login_url"):
        known |= {(country, name), (country, login_url)}
    return [
        each for each in datasources if known.isdisjoint({(each.country, each.name), (each.country, each.login_url)})
    ]


def _save_checked(datasource: Datasource, update_fields: list[str] | None = None) -> Datasource:
    _check(datasource)
    try:
        with transaction.atomic():
            datasource.save(update_fields=update_fields)
    except IntegrityError:
        raise InvalidField(
            ("name",), "There is a provider of this name in that country already.", code="not_unique"
        ) from None
    return datasource


def _check(datasource: Datasource) -> None:
    """Put name and login page into the form in which they are kept; refuse what does not hold, naming the field."""
    datasource.name = DATASOURCE_CHECKS["name"](datasource.name)
    try:
        datasource.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidField((name,), " ".join(messages)) from None
    datasource.login_url = DATASOURCE_CHECKS["login_url"](datasource.login_url)
    check_country(datasource.country)


def _what_is_wrong(datasource: Datasource) -> str:
    try:
        _check(datasource)
    except InvalidField as refusal:
        return f"{refusal.field[0]}: {refusal.detail}"
    return ""
