"""Companies and their sites."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypedDict, TypeVar, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from companies.addresses import normalize_address
from companies.models import Company, Partner, Site
from config.exceptions import InvalidField
from config.jobs import defer
from config.validators import validate_locale, validate_name, validate_single_line

MAX_NAME_LENGTH = 200
MAX_ADDRESS_LENGTH = 500
MAX_EXTERNAL_ID_LENGTH = 255


def check_external_id(external_id: str | None) -> str | None:
    """The partner's own reference, or None for none. Refuses what is not one line of at most 255 characters."""
    return validate_single_line(external_id or "", max_length=MAX_EXTERNAL_ID_LENGTH, field=("external_id",)) or None


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
    """What can be said of a company beside its name: where its answers go (None: nowhere), and the partner's own id."""

    locale: str
    reply_to: str | None
    external_id: str | None
    repairs_automatically: bool


class CompanyChanges(CompanyFields, total=False):
    """What can be changed of a company."""

    name: str


class SiteFields(TypedDict, total=False):
    """What can be said of a site beside its name; the postal address may be empty."""

    address: str
    external_id: str | None


class SiteChanges(SiteFields, total=False):
    """What can be changed of a site."""

    name: str


def create_company(partner: Partner, *, name: str, **fields: Unpack[CompanyFields]) -> Company:
    """A company of the partner's.

    Refuses, naming the field: a bad name (`validate_name`), a `locale` that is no language tag, a `reply_to` that is no
    address, and an `external_id` that is not one line of at most 255 characters.
    """
    now = timezone.now()
    checked = _checked(COMPANY_CHECKS, {"name": name, **fields})
    return Company.objects.create(partner=partner, created_at=now, updated_at=now, **checked)


@transaction.atomic
def update_company(company: Company, **changes: Unpack[CompanyChanges]) -> Company:
    """Change what `create_company` takes, by its rules.

    Automatic repair that is switched off withdraws the invitations it has sent, by a job.
    """
    updated = _update(company, _checked(COMPANY_CHECKS, changes))
    if changes.get("repairs_automatically") is False:
        for task in settings.AUTOMATIC_REPAIR_OFF_TASKS:
            defer(task, {"company_id": str(company.pk)})
    return updated


def create_site(company: Company, *, name: str, **fields: Unpack[SiteFields]) -> Site:
    """A site of the company.

    Refuses, naming the field: a bad name (`validate_name`), an `address` that is not one line of at most 500
    characters,
    and an `external_id` that is not one of at most 255.
    """
    now = timezone.now()
    checked = _checked(SITE_CHECKS, {"name": name, **fields})
    return Site.objects.create(company=company, created_at=now, updated_at=now, **checked)


def update_site(site: Site, **changes: Unpack[SiteChanges]) -> Site:
    """Change what `create_site` takes, by its rules."""
    return _update(site, _checked(SITE_CHECKS, changes))


def sites_of(company: Company, site_ids: list[UUID], *, field: tuple[str | int, ...]) -> list[Site]:
    """The sites with these ids, in this order. Refuses an id that is not a site of the company, naming its place."""
    found = {site.pk: site for site in company.sites.filter(pk__in=site_ids)}
    for index, site_id in enumerate(site_ids):
        if site_id not in found:
            raise InvalidField((*field, index), "This is not a site of the company.", code="not_found")
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
