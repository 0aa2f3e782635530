"""Partners with their API keys, companies and their sites."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from companies.models import ApiKey, Company, Partner, Scope, Site, StoredAnswer, User, hash_api_key
from config.jobs import defer
from config.languages import check_locale
from config.refusals import InvalidField

LAST_USE_GRAIN = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(hours=24)
MAX_URL_LENGTH = 500
Updated = TypeVar("Updated", Company, Site)


def create_partner(*, name: str, redirect_urls: Sequence[str] = ()) -> Partner:
    """An organisation that calls the API. Refuses an empty name, and a redirect address that is not one of https."""
    return Partner.objects.create(name=_checked_name(name), redirect_urls=_checked_redirects(redirect_urls))


def update_partner(partner: Partner, **changes: Any) -> Partner:
    """Change `name` or `redirect_urls`, by the rules of `create_partner`; invitations made before keep theirs."""
    if "name" in changes:
        changes["name"] = _checked_name(changes["name"])
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

    Without `scopes` the key may do everything but a collector's work. Refuses scopes that do not exist, an empty
    name, and a time to expire that is over.
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
        name=_checked_name(name),
        prefix=value[: value.index("_", 3)],
        secret_hash=hash_api_key(value),
        expires_at=expires_at,
        created_by=created_by,
        **given,
    )
    return key, value


def rename_api_key(api_key: ApiKey, *, name: str) -> ApiKey:
    """Another name for people to know the key by; nothing else of it changes, whatever happened to it meanwhile."""
    api_key.name = _checked_name(name)
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


def create_company(partner: Partner, *, name: str, **fields: Any) -> Company:
    """A company of the partner's. `fields`: `locale`, `reply_to`, `external_id`, `repairs_automatically`.

    Refuses a `locale` that is no language tag.
    """
    if "locale" in fields:
        check_locale(fields["locale"])
    return Company.objects.create(partner=partner, name=name, **fields)


@transaction.atomic
def update_company(company: Company, **changes: Any) -> Company:
    """Change `name`, `locale`, `reply_to`, `external_id` or `repairs_automatically`, by the rules of `create_company`.

    Automatic repair that is switched off withdraws the invitations it has sent, by a job.
    """
    if "locale" in changes:
        check_locale(changes["locale"])
    updated = _update(company, changes)
    if changes.get("repairs_automatically") is False:
        # by name: what follows from it is for those who know of invitations
        defer("invitations.tasks.end_automatic_repairs", {"company_id": str(company.pk)})
    return updated


def create_site(company: Company, *, name: str, **fields: Any) -> Site:
    """A site of the company. `fields`: `address`, `external_id`."""
    return Site.objects.create(company=company, name=name, **fields)


def update_site(site: Site, **changes: Any) -> Site:
    """Change `name`, `address` or `external_id`."""
    return _update(site, changes)


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


def _update(row: Updated, changes: dict[str, Any]) -> Updated:
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, "updated_at"])
    return row


def _checked_name(name: str) -> str:
    if not name.strip():
        raise InvalidField(("name",), "Give it a name.", code="blank")
    return name.strip()


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
