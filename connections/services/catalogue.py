"""The catalogue of utility providers."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django_countries import countries

from config.exceptions import InvalidField
from config.validators import validate_name, validate_single_line
from connections.models import Credential, Datasource, login_host
from connections.services.login_pages import check_provider_url

MAX_NAME_LENGTH = 200
MAX_ALIAS_LENGTH = 100
KEY = ("country", "name")


class LoginFacts(TypedDict, total=False):
    """Facts of a provider beside its login page. None and an empty list stand for unknown."""

    asks_for: list[str]
    aliases: list[str]
    portal_name: str | None
    login_with: str | None
    second_factor: str | None
    password_reset_url: str | None
    login_help: str | None


class DatasourceFields(LoginFacts, total=False):
    utility_types: list[str]
    is_sandbox: bool


class DatasourceChanges(DatasourceFields, total=False):
    name: str
    login_url: str
    country: str


class DatasourceRow(LoginFacts):
    """A row of a catalogue file. The stored value of a fact stays if the row lacks it."""

    name: str
    login_url: str
    country: str
    utility_types: list[str]


def check_country(code: str, *, field: tuple[str | int, ...] = ("country",)) -> str:
    if code not in countries:
        raise InvalidField(field, "There is no such country (ISO 3166-1 alpha-2).", code="invalid_country")
    return code


def check_aliases(aliases: list[str]) -> list[str]:
    """Return the names without duplicates. Raises `InvalidField` for a blank or long one."""
    names = [validate_name(alias, max_length=MAX_ALIAS_LENGTH, field=("aliases",)) for alias in aliases]
    return list(dict.fromkeys(names))


def _check_line(text: str | None, *, max_length: int, field: str) -> str | None:
    return validate_single_line(text, max_length=max_length, field=(field,)) or None if text else None


def _check_reset_page(url: str | None) -> str | None:
    return check_provider_url(url, field=("password_reset_url",)) if url else None


DATASOURCE_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": partial(validate_name, max_length=MAX_NAME_LENGTH),
    "login_url": partial(check_provider_url, field=("login_url",)),
    "country": check_country,
    "aliases": check_aliases,
    "portal_name": partial(_check_line, max_length=100, field="portal_name"),
    "password_reset_url": _check_reset_page,
    "login_help": partial(_check_line, max_length=300, field="login_help"),
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
        raise no_such_datasource(field)
    return datasource


def no_such_datasource(field: tuple[str | int, ...]) -> InvalidField:
    return InvalidField(field, "There is no such provider in the catalogue.", code="not_found")


@transaction.atomic
def load_datasources(rows: Iterable[DatasourceRow], *, overwrite: bool) -> int:
    """Add the providers that the catalogue lacks. Returns how many rows were written.

    With `overwrite` a row also updates the provider with its country and name. Without, every existing provider stays:
    one with the row's name or login page in its country counts as the same. Raises `InvalidField` with the number of
    the first invalid row, and loads nothing; rows that stay are not checked.
    """
    rows = list(rows)
    given = {number: Datasource(**row) for number, row in enumerate(rows, start=1)}
    chosen = given if overwrite else _missing(given)
    seen: set[tuple[str, str]] = set()
    for number, datasource in chosen.items():
        wrong = _find_error(datasource)
        key = (datasource.country, datasource.name)
        if wrong or key in seen:
            raise InvalidField((number,), f"Row {number}: {wrong or 'name: is already in an earlier row'}")
        seen.add(key)
    if not overwrite:
        # another process may load the same file
        Datasource.objects.bulk_create(chosen.values(), ignore_conflicts=True)
        return len(chosen)
    pages = {(each.country, each.name): each.login_url for each in given.values()}
    for stored in Datasource.objects.filter(name__in=[each.name for each in given.values()]):
        _remember_host(stored, new_page=pages.get((stored.country, stored.name), stored.login_url))
    for fields, numbers in _by_columns(rows).items():
        _overwrite([given[number] for number in numbers], fields)
    return len(rows)


def _remember_host(stored: Datasource, *, new_page: str) -> None:
    """Before the host changes, store the old one with credentials of earlier versions, which have none."""
    host = login_host(stored.login_url)
    if host != login_host(new_page):
        Credential.objects.filter(connection__datasource=stored, host=None).update(host=host)


def _by_columns(rows: list[DatasourceRow]) -> dict[tuple[str, ...], list[int]]:
    """Return the numbers of the rows by the columns that they have, beside the key."""
    numbers = defaultdict(list)
    for number, row in enumerate(rows, start=1):
        numbers[tuple(name for name in row if name not in KEY)].append(number)
    return numbers


def _overwrite(datasources: list[Datasource], fields: Iterable[str]) -> None:
    Datasource.objects.bulk_create(datasources, update_conflicts=True, unique_fields=KEY, update_fields=list(fields))


def _missing(given: dict[int, Datasource]) -> dict[int, Datasource]:
    known = set()
    for country, name, login_url in Datasource.objects.values_list("country", "name", "login_url"):
        known |= {(country, name), (country, login_url)}
    return {
        number: each
        for number, each in given.items()
        if known.isdisjoint({(each.country, each.name), (each.country, each.login_url)})
    }


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
    """Normalize every field that has a check. Raises `InvalidField` for any invalid field."""
    datasource.name = DATASOURCE_CHECKS["name"](datasource.name)
    try:
        datasource.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidField((name,), " ".join(messages)) from None
    for name, check in DATASOURCE_CHECKS.items():
        setattr(datasource, name, check(getattr(datasource, name)))


def _find_error(datasource: Datasource) -> str:
    try:
        _check(datasource)
    except InvalidField as error:
        return f"{error.field[0]}: {error.detail}"
    return ""
