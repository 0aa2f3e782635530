from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypedDict, TypeVar, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from companies.actors import SYSTEM, Actor
from companies.addresses import normalize_address
from companies.exceptions import CompanyInactive, KeyLimitedToCompanies
from companies.models import Company, CompanyEvent, CompanyEventType, Site, World
from config.camel_case import to_camel_case
from config.exceptions import FieldErrors, InvalidField
from config.jobs import defer
from config.time_zones import validate_time_zone
from config.validators import validate_locale, validate_name, validate_reference, validate_single_line

MAX_NAME_LENGTH = 200
MAX_ADDRESS_LENGTH = 500
MAX_EXTERNAL_ID_LENGTH = 255


def check_external_id(external_id: str | None) -> str | None:
    return validate_reference(external_id or "", max_length=MAX_EXTERNAL_ID_LENGTH, field=("external_id",)) or None


def check_reply_to(reply_to: str | None) -> str | None:
    return normalize_address(reply_to, field=("reply_to",)) if reply_to else None


# validators by field; each returns the value as it is stored, or raises `InvalidField`
COMPANY_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": partial(validate_name, max_length=MAX_NAME_LENGTH),
    "locale": validate_locale,
    "reply_to": check_reply_to,
    "external_id": check_external_id,
    "time_zone": validate_time_zone,
}
SITE_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": partial(validate_name, max_length=MAX_NAME_LENGTH),
    "address": partial(validate_single_line, max_length=MAX_ADDRESS_LENGTH, field=("address",)),
    "external_id": check_external_id,
}
Updated = TypeVar("Updated", Company, Site)


class CompanyFields(TypedDict, total=False):
    """`reply_to`: address for answers to mails. `time_zone`: IANA name. `external_id`: the partner's own id."""

    locale: str
    reply_to: str | None
    time_zone: str
    external_id: str | None
    repairs_automatically: bool


class CompanyChanges(CompanyFields, total=False):
    name: str
    is_active: bool


class SiteFields(TypedDict, total=False):
    address: str
    external_id: str | None


class SiteChanges(SiteFields, total=False):
    name: str


@transaction.atomic
def create_company(world: World, *, name: str, by: Actor = SYSTEM, **fields: Unpack[CompanyFields]) -> Company:
    """Create a live or a test company. Raises `InvalidField` by `COMPANY_CHECKS`, and `KeyLimitedToCompanies`."""
    if by.api_key and by.api_key.company_ids:
        raise KeyLimitedToCompanies
    now = timezone.now()
    checked = _checked(COMPANY_CHECKS, {"name": name, **fields})
    company = Company.objects.create(**world._asdict(), created_at=now, updated_at=now, **checked)
    _log(company, CompanyEventType.CREATED, by=by)
    return company


@transaction.atomic
def update_company(company: Company, *, by: Actor = SYSTEM, **changes: Unpack[CompanyChanges]) -> Company:
    """Change what `create_company` takes, by its rules, and `is_active`.

    The connections of a company that becomes inactive or active follow in the same transaction. If automatic repair is
    switched off, a job revokes the invitations that it sent.
    """
    checked = _checked(COMPANY_CHECKS, changes)
    if "is_active" in changes:
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    updated = _update(company, checked, by=by)
    if "is_active" in changes:
        for follower in settings.COMPANY_ACTIVITY_FOLLOWERS:
            import_string(follower)(updated, by=by)
    if changes.get("repairs_automatically") is False:
        for task in settings.AUTOMATIC_REPAIR_OFF_TASKS:
            defer(task, {"company_id": str(company.pk)})
    return updated


def lock_active_company(company: Company) -> Company:
    """Read the company under a lock, so that it stays active in this transaction. Raises `CompanyInactive`."""
    locked = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if not locked.is_active:
        raise CompanyInactive
    return locked


@transaction.atomic
def create_site(company: Company, *, name: str, by: Actor = SYSTEM, **fields: Unpack[SiteFields]) -> Site:
    """Create a site. Raises `InvalidField` by `SITE_CHECKS`."""
    now = timezone.now()
    checked = _checked(SITE_CHECKS, {"name": name, **fields})
    site = Site.objects.create(company=company, created_at=now, updated_at=now, **checked)
    _log(site, CompanyEventType.CREATED, by=by)
    return site


@transaction.atomic
def update_site(site: Site, *, by: Actor = SYSTEM, **changes: Unpack[SiteChanges]) -> Site:
    return _update(site, _checked(SITE_CHECKS, changes), by=by)


@transaction.atomic
def archive_site(site: Site, *, by: Actor = SYSTEM) -> Site:
    """Hide the site from lists and choices. Invitations and connections that have it keep it. Again: unchanged."""
    if site.archived_at:
        return site
    return _update(site, {"archived_at": timezone.now()}, by=by, event_type=CompanyEventType.ARCHIVED)


@transaction.atomic
def restore_site(site: Site, *, by: Actor = SYSTEM) -> Site:
    """Undo `archive_site`."""
    if site.archived_at is None:
        return site
    return _update(site, {"archived_at": None}, by=by, event_type=CompanyEventType.RESTORED)


def sites_of(
    company: Company, site_ids: list[UUID], *, field: tuple[str | int, ...], kept: Collection[UUID] = ()
) -> list[Site]:
    """Return the sites in the order of the ids.

    Raises `InvalidField` with the index of each id of another company, and of each archived site unless it is `kept`.
    """
    return choose_sites({site.pk: site for site in company.sites.filter(pk__in=site_ids)}, site_ids, field, kept)


def choose_sites(
    found: Mapping[UUID, Site], site_ids: Sequence[UUID], field: tuple[str | int, ...], kept: Collection[UUID] = ()
) -> list[Site]:
    """Return what `sites_of` returns, of the company's sites that were `found` before. Raises the same."""
    errors = FieldErrors()
    for index, site_id in enumerate(site_ids):
        errors.check(_check_site, found.get(site_id), (*field, index), is_kept=site_id in kept)
    errors.raise_all()
    return [found[site_id] for site_id in dict.fromkeys(site_ids)]


def _check_site(site: Site | None, field: tuple[str | int, ...], *, is_kept: bool) -> None:
    if site is None:
        raise InvalidField(field, "This is not a site of the company.", code="not_found")
    if site.archived_at and not is_kept:
        raise InvalidField(field, "This site is archived. Restore it first.", code="archived")


def _update(
    row: Updated, changes: dict[str, Any], *, by: Actor, event_type: CompanyEventType = CompanyEventType.UPDATED
) -> Updated:
    """Write the changes, and log those that differ from the database: a form has already changed the row."""
    if not changes:
        return row
    before = type(row)._default_manager.values(*changes).get(pk=row.pk)
    changed = [name for name, value in changes.items() if before[name] != value]
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = timezone.now()
    row.save(update_fields=[*changes, "updated_at"])
    if changed:
        _log(row, event_type, by=by, fields=changed)
    return row


def _log(row: Company | Site, event_type: CompanyEventType, *, by: Actor, fields: Sequence[str] = ()) -> None:
    """Append to the log of the company or the site. Names fields in the words of the API."""
    company, site = (row.company, row) if isinstance(row, Site) else (row, None)
    detail = {"fields": [to_camel_case(name) for name in fields]} if fields else {}
    CompanyEvent.objects.create(company=company, site=site, type=event_type, detail=detail, **by.event_fields)


def _checked(checks: Mapping[str, Callable[[Any], Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: checks[name](value) if name in checks else value for name, value in given.items()}
