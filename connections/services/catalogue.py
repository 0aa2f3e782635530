"""The catalogue of utility providers."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django_countries import countries

from config.exceptions import InvalidField
from config.validators import validate_name
from connections.models import Credential, Datasource, login_host
from connections.services.login_pages import check_provider_url

MAX_NAME_LENGTH = 200


class DatasourceFields(TypedDict, total=False):
    utility_types: list[str]
    asks_for: list[str]
    is_sandbox: bool


class DatasourceChanges(DatasourceFields, total=False):
    name: str
    login_url: str
    country: str


class DatasourceRow(TypedDict):
    """A row of a catalogue file. Without `asks_for` the stored value stays."""

    name: str
    login_url: str
    country: str
    utility_types: list[str]
    asks_for: NotRequired[list[str]]


def check_country(code: str, *, field: tuple[str | int, ...] = ("country",)) -> str:
    if code not in countries:
        raise InvalidField(field, "There is no such country (ISO 3166-1 alpha-2).", code="invalid_country")
    return code


DATASOURCE_CHECKS: dict[str, Callable[[str], str]] = {
    "name": partial(validate_name, max_length=MAX_NAME_LENGTH),
    "login_url": partial(check_provider_url, field=("login_url",)),
    "country": check_country,
}


def create_datasource(*, name: str, login_url: str, country: str, **fields: Unpack[DatasourceFields]) -> Datasource:
    """Create a provider. Raises `InvalidField` for invalid fields, and for a name that the country already has."""
    return _save_checked(Datasource(name=name, login_url=login_url, country=country, **fields))


@transaction.atomic
def update_datasource(datasource: Datasource, **changes: Unpack[DatasourceChanges]) -> Datasource:
    """Change the provider. If its login page moves to another host, collectors get no credentials given before.

    An administrator could otherwise make them carry passwords to any host. New credentials confirm the new host.
    """
    stored = Datasource.objects.select_for_update().get(pk=datasource.pk)
    _remember_host(stored, new_page=changes.get("login_url", stored.login_url))
    for name, value in changes.items():
        setattr(datasource, name, value)
    return _save_checked(datasource, update_fields=list(changes))


def find_datasource(datasource_id: UUID, *, field: tuple[str | int, ...] = ("datasource_id",)) -> Datasource:
    datasource = Datasource.objects.filter(pk=datasource_id).first()
    if datasource is None:
        raise InvalidField(field, "There is no such provider in the catalogue.", code="not_found")
    return datasource


@transaction.atomic
def load_datasources(rows: Iterable[DatasourceRow], *, overwrite: bool) -> int:
    """Add the providers that the catalogue lacks. Returns how many rows were written.

    With `overwrite` a row also updates the provider with its country and name. Without, every existing provider stays:
    one with the row's name or login page in its country counts as the same. Raises `InvalidField` with the number of
    the first invalid row, and loads nothing.
    """
    rows = list(rows)
    given = [Datasource(**row) for row in rows]
    seen: set[tuple[str, str]] = set()
    for number, datasource in enumerate(given, start=1):
        wrong = _find_error(datasource)
        key = (datasource.country, datasource.name)
        if wrong or key in seen:
            raise InvalidField((number,), f"Row {number}: {wrong or 'name: is already in an earlier row'}")
        seen.add(key)
    if not overwrite:
        missing = _missing(given)
        # another process may load the same file
        Datasource.objects.bulk_create(missing, batch_size=500, ignore_conflicts=True)
        return len(missing)
    pages = {(each.country, each.name): each.login_url for each in given}
    for stored in Datasource.objects.filter(name__in=[each.name for each in given]):
        _remember_host(stored, new_page=pages.get((stored.country, stored.name), stored.login_url))
    fields = ["login_url", "utility_types"]
    _overwrite([new for new, row in zip(given, rows, strict=True) if "asks_for" not in row], fields)
    _overwrite([new for new, row in zip(given, rows, strict=True) if "asks_for" in row], [*fields, "asks_for"])
    return len(rows)


def _remember_host(stored: Datasource, *, new_page: str) -> None:
    """Before the host changes, store the old one with credentials of earlier versions, which have none."""
    host = login_host(stored.login_url)
    if host != login_host(new_page):
        Credential.objects.filter(connection__datasource=stored, host=None).update(host=host)


def _overwrite(datasources: list[Datasource], fields: list[str]) -> None:
    Datasource.objects.bulk_create(
        datasources,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["country", "name"],
        update_fields=fields,
    )


def _missing(datasources: list[Datasource]) -> list[Datasource]:
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
    """Normalize name and login page. Raises `InvalidField` for any invalid field."""
    datasource.name = DATASOURCE_CHECKS["name"](datasource.name)
    try:
        datasource.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidField((name,), " ".join(messages)) from None
    datasource.login_url = DATASOURCE_CHECKS["login_url"](datasource.login_url)
    check_country(datasource.country)


def _find_error(datasource: Datasource) -> str:
    try:
        _check(datasource)
    except InvalidField as error:
        return f"{error.field[0]}: {error.detail}"
    return ""
