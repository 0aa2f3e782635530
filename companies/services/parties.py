"""Partners with their API keys, companies and their sites."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict, TypeVar, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from companies.addresses import normalize_address
from companies.models import ApiKey, Company, Partner, Scope, Site, StoredAnswer, User, hash_api_key
from config.jobs import defer
from config.languages import check_locale
from config.refusals import InvalidField
from config.text import check_line, check_name

LAST_USE_GRAIN = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(hours=24)
MAX_NAME_LENGTH = 200
MAX_KEY_NAME_LENGTH = 100
MAX_ADDRESS_LENGTH = 500
MAX_EXTERNAL_ID_LENGTH = 255
MAX_URL_LENGTH = 500
Updated = TypeVar("Updated", Company, Site)


class PartnerChanges(TypedDict, total=False):
    """What can be said of a partner."""

    name: str
    redirect_urls: Sequence[str]


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


def create_partner(*, name: str, redirect_urls: Sequence[str] = ()) -> Partner:
    """An organisation that calls the API. Refuses a bad name (`check_name`), and a redirect that is not of https."""
    name = check_name(name, longest=MAX_NAME_LENGTH)
    return Partner.objects.create(name=name, redirect_urls=_checked_redirects(redirect_urls))


def update_partner(partner: Partner, **changes: Unpack[PartnerChanges]) -> Partner:
    """Change `name` or `redirect_urls`, by the rules of `create_partner`; invitations made before keep theirs."""
    if "name" in changes:
        changes["name"] = check_name(changes["name"], longest=MAX_NAME_LENGTH)
    if "redirect_urls" in changes:
        changes["redirect_urls"] = _checked_redirects(changes["redirect_urls"])
    for name, value in changes.items():
        setattr(partner, name, value)
    partner.save(update_fields=changes)
    return partner


@transaction.atomic
def issue_api_key(
    partner: Partner,
    *,
    name: str,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
    created_by: User | None = None,
    value: str | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its value, `lk_{8 characters}_{43 characters}`, which nobody can show again.

    Without `scopes` the key may do everything but a collector's work. Refuses scopes that do not exist, a bad name
    (`check_name`), and a time to expire that is over.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidField(("expires_at",), "This time is over. Choose a later one.", code="over")
    unknown = set(scopes or ()) - set(Scope.values)
    if unknown:
        raise InvalidField(("scopes",), f"There is no scope {min(unknown)}.")
    value = value or f"lk_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    given = {} if scopes is None else {"scopes": scopes}
    key = ApiKey.objects.create(
        partner=partner,
        name=check_name(name, longest=MAX_KEY_NAME_LENGTH),
        prefix=value[: value.index("_", 3)],
        secret_hash=hash_api_key(value),
        expires_at=expires_at,
        created_by=created_by,
        **given,
    )
    return key, value


def rename_api_key(api_key: ApiKey, *, name: str) -> ApiKey:
    """Another name for people to know the key by; nothing else of it changes, whatever happened to it meanwhile."""
    api_key.name = check_name(name, longest=MAX_KEY_NAME_LENGTH)
    api_key.save(update_fields=["name"])
    return api_key


def revoke_api_key(api_key: ApiKey) -> ApiKey:
    """The key opens nothing from now on; a second time changes nothing."""
    now = timezone.now()
    ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=now)
    api_key.refresh_from_db(fields=["revoked_at"])
    return api_key


def note_api_key_use(api_key: ApiKey) -> None:
    """Remember that the key was used, to the minute: not one write for every request."""
    now = timezone.now()
    if api_key.last_used_at is None or now - api_key.last_used_at > LAST_USE_GRAIN:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USE_GRAIN)
        ApiKey.objects.filter(stale, pk=api_key.pk).update(last_used_at=now)


def create_company(partner: Partner, *, name: str, **fields: Unpack[CompanyFields]) -> Company:
    """A company of the partner's.

    Refuses, naming the field: a bad name (`check_name`), a `locale` that is no language tag, a `reply_to` that is no
    address, and an `external_id` that is not one line of at most 255 characters.
    """
    now = timezone.now()
    checked = _checked_company({"name": name, **fields})
    return Company.objects.create(partner=partner, created_at=now, updated_at=now, **checked)


@transaction.atomic
def update_company(company: Company, **changes: Unpack[CompanyChanges]) -> Company:
    """Change what `create_company` takes, by its rules.

    Automatic repair that is switched off withdraws the invitations it has sent, by a job.
    """
    updated = _update(company, _checked_company(changes))
    if changes.get("repairs_automatically") is False:
        # by name: what follows from it is for those who know of invitations
        defer("invitations.tasks.end_automatic_repairs", {"company_id": str(company.pk)})
    return updated


def create_site(company: Company, *, name: str, **fields: Unpack[SiteFields]) -> Site:
    """A site of the company.

    Refuses, naming the field: a bad name (`check_name`), an `address` that is not one line of at most 500 characters,
    and an `external_id` that is not one of at most 255.
    """
    now = timezone.now()
    checked = _checked_site({"name": name, **fields})
    return Site.objects.create(company=company, created_at=now, updated_at=now, **checked)


def update_site(site: Site, **changes: Unpack[SiteChanges]) -> Site:
    """Change what `create_site` takes, by its rules."""
    return _update(site, _checked_site(changes))


def sites_of(company: Company, site_ids: list[UUID], *, field: tuple[str | int, ...]) -> list[Site]:
    """The sites with these ids, in this order. Refuses an id that is not a site of the company, naming its place."""
    found = {site.pk: site for site in company.sites.filter(pk__in=site_ids)}
    for index, site_id in enumerate(site_ids):
        if site_id not in found:
            raise InvalidField((*field, index), "This is not a site of the company.", code="not_found")
    return [found[site_id] for site_id in dict.fromkeys(site_ids)]


def delete_old_answers() -> int:
    """Forget the answers whose idempotency keys are over; returns how many."""
    deleted, _ = StoredAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
    return deleted


def _update(row: Updated, changes: CompanyChanges | SiteChanges) -> Updated:
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = timezone.now()
    row.save(update_fields=[*changes, "updated_at"])
    return row


def _checked_company(given: CompanyChanges) -> CompanyChanges:
    checked = given.copy()
    if "name" in given:
        checked["name"] = check_name(given["name"], longest=MAX_NAME_LENGTH)
    if "locale" in given:
        checked["locale"] = check_locale(given["locale"])
    if "reply_to" in given:
        reply_to = given["reply_to"]
        checked["reply_to"] = normalize_address(reply_to, field=("reply_to",)) if reply_to else None
    if "external_id" in given:
        checked["external_id"] = check_external_id(given["external_id"])
    return checked


def _checked_site(given: SiteChanges) -> SiteChanges:
    checked = given.copy()
    if "name" in given:
        checked["name"] = check_name(given["name"], longest=MAX_NAME_LENGTH)
    if "address" in given:
        checked["address"] = check_line(given["address"], longest=MAX_ADDRESS_LENGTH, field=("address",))
    if "external_id" in given:
        checked["external_id"] = check_external_id(given["external_id"])
    return checked


def check_external_id(external_id: str | None) -> str | None:
    """The partner's own reference, or None for none. Refuses what is not one line of at most 255 characters."""
    return check_line(external_id or "", longest=MAX_EXTERNAL_ID_LENGTH, field=("external_id",)) or None


def _checked_redirects(urls: Sequence[str]) -> list[str]:
    for index, url in enumerate(urls):
        try:
            URLValidator(schemes=["https"])(url)
        except ValidationError:
            raise InvalidField(
                ("redirect_urls", index), f"{url} does not begin with https://, or is no address."
            ) from None
        if len(url) > MAX_URL_LENGTH:
            raise InvalidField(("redirect_urls", index), f"An address may have at most {MAX_URL_LENGTH} characters.")
    return list(dict.fromkeys(urls))
