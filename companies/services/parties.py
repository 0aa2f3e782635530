"""Partners with their API keys, companies and their sites."""

import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from companies.models import ApiKey, Company, Partner, Scope, Site, StoredAnswer, User, hash_api_key
from config.refusals import InvalidField

LAST_USE_GRAIN = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(hours=24)
Updated = TypeVar("Updated", Company, Site)


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

    Without `scopes` the key may do everything but a collector's work. Refuses scopes that do not exist.
    """
    unknown = set(scopes or ()) - set(Scope.values)
    if unknown:
        raise InvalidField(("scopes",), f"There is no scope {min(unknown)}.")
    value = value or f"lk_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    given = {} if scopes is None else {"scopes": scopes}
    key = ApiKey.objects.create(
        partner=partner,
        name=name,
        prefix=value[: value.index("_", 3)],
        secret_hash=hash_api_key(value),
        expires_at=expires_at,
        created_by=created_by,
        **given,
    )
    return key, value


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
    """A company of the partner's. `fields`: `locale`, `reply_to`, `external_id`."""
    return Company.objects.create(partner=partner, name=name, **fields)


def update_company(company: Company, **changes: Any) -> Company:
    """Change `name`, `locale`, `reply_to` or `external_id`."""
    return _update(company, changes)


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
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, "updated_at"])
    return row
