from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypedDict, TypeVar, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from companies.actors import SYSTEM, Actor
from companies.addresses import normalize_address
from companies.exceptions import CompanyInactive
from companies.models import Company, Partner, Site
from config.exceptions import InvalidField
from config.jobs import defer
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
}
SITE_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": partial(validate_name, max_length=MAX_NAME_LENGTH),
    "address": partial(validate_single_line, max_length=MAX_ADDRESS_LENGTH, field=("address",)),
    "external_id": check_external_id,
}
Updated = TypeVar("Updated", Company, Site)


class CompanyFields(TypedDict, total=False):
    """`reply_to`: address for answers to mails. `external_id`: the partner's own id."""

    locale: str
    reply_to: str | None
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


def create_company(partner: Partner, *, name: str, **fields: Unpack[CompanyFields]) -> Company:
    """Create a company. Raises `InvalidField` by `COMPANY_CHECKS`."""
    now = timezone.now()
    checked = _checked(COMPANY_CHECKS, {"name": name, **fields})
    return Company.objects.create(partner=partner, created_at=now, updated_at=now, **checked)


@transaction.atomic
def update_company(company: Company, *, by: Actor = SYSTEM, **changes: Unpack[CompanyChanges]) -> Company:
    """Change what `create_company` takes, by its rules, and `is_active`.

    The connections of a company that becomes inactive or active follow in the same transaction. If automatic repair is
    switched off, a job revokes the invitations that it sent.
    """
    checked = _checked(COMPANY_CHECKS, changes)
    if "is_active" in changes:
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    updated = _update(company, checked)
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


def create_site(company: Company, *, name: str, **fields: Unpack[SiteFields]) -> Site:
    """Create a site. Raises `InvalidField` by `SITE_CHECKS`."""
    now = timezone.now()
    checked = _checked(SITE_CHECKS, {"name": name, **fields})
    return Site.objects.create(company=company, created_at=now, updated_at=now, **checked)


def update_site(site: Site, **changes: Unpack[SiteChanges]) -> Site:
    return _update(site, _checked(SITE_CHECKS, changes))


def archive_site(site: Site) -> Site:
    """Hide the site from lists and choices. Invitations and connections that have it keep it. Again: unchanged."""
    return site if site.archived_at else _update(site, {"archived_at": timezone.now()})


def restore_site(site: Site) -> Site:
    """Undo `archive_site`."""
    return _update(site, {"archived_at": None}) if site.archived_at else site


def sites_of(
    company: Company, site_ids: list[UUID], *, field: tuple[str | int, ...], kept: Collection[UUID] = ()
) -> list[Site]:
    """Return the sites in the order of the ids.

    Raises `InvalidField` with the index of an id of another company, and of an archived site unless it is `kept`.
    """
    found = {site.pk: site for site in company.sites.filter(pk__in=site_ids)}
    for index, site_id in enumerate(site_ids):
        if site_id not in found:
            raise InvalidField((*field, index), "This is not a site of the company.", code="not_found")
        if found[site_id].archived_at and site_id not in kept:
            raise InvalidField((*field, index), "This site is archived. Restore it first.", code="archived")
    return [found[site_id] for site_id in dict.fromkeys(site_ids)]


def _update(row: Updated, changes: dict[str, Any]) -> Updated:
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = timezone.now()
    row.save(update_fields=[*changes, "updated_at"])
    return row


def _checked(checks: Mapping[str, Callable[[Any], Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: checks[name](value) if name in checks else value for name, value in given.items()}
