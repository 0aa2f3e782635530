import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.exceptions import CollectorKeyRefused, FreshCodeRequired
from companies.models import (
    COLLECTOR_SCOPES,
    OF_COLLECTORS,
    ApiKey,
    Partner,
    Scope,
    StoredAnswer,
    User,
    hash_api_key,
)
from config.exceptions import InvalidField
from config.validators import validate_name

LAST_USE_PRECISION = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(hours=24)
MAX_NAME_LENGTH = 200
MAX_KEY_NAME_LENGTH = 100
MAX_URL_LENGTH = 500


def check_redirects(urls: Sequence[str]) -> list[str]:
    for index, url in enumerate(urls):
        try:
            URLValidator(schemes=["https"])(url)
        except ValidationError:
            raise InvalidField(("redirect_urls", index), f"{url} is not a URL that begins with https://.") from None
        if len(url) > MAX_URL_LENGTH:
            raise InvalidField(("redirect_urls", index), f"A URL may have at most {MAX_URL_LENGTH} characters.")
    return list(dict.fromkeys(urls))


check_partner_name = partial(validate_name, max_length=MAX_NAME_LENGTH)
check_key_name = partial(validate_name, max_length=MAX_KEY_NAME_LENGTH)
PARTNER_CHECKS: dict[str, Callable[[Any], Any]] = {"name": check_partner_name, "redirect_urls": check_redirects}


class PartnerChanges(TypedDict, total=False):
    name: str
    redirect_urls: Sequence[str]


def create_partner(*, name: str, redirect_urls: Sequence[str] = ()) -> Partner:
    """Create an organisation that calls the API. Raises `InvalidField` for a bad name, and a redirect without https."""
    return Partner.objects.create(name=check_partner_name(name), redirect_urls=check_redirects(redirect_urls))


def update_partner(partner: Partner, **changes: Unpack[PartnerChanges]) -> Partner:
    """Change `name` or `redirect_urls`. Raises as `create_partner`. Existing invitations keep their redirect."""
    for name, value in changes.items():
        setattr(partner, name, PARTNER_CHECKS[name](value))
    partner.save(update_fields=changes)
    return partner


def check_expiry(expires_at: datetime | None) -> datetime | None:
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidField(("expires_at",), "This time is in the past. Choose a later one.", code="over")
    return expires_at


def check_scopes(scopes: Sequence[str] | None) -> Sequence[str] | None:
    """Reject unknown scopes, and a collector's scope beside those of another program."""
    given = set(scopes or ())
    if unknown := given - set(Scope.values):
        raise InvalidField(("scopes",), f"Unknown scope {min(unknown)}.")
    if given & OF_COLLECTORS and not given <= COLLECTOR_SCOPES:
        raise InvalidField(
            ("scopes",),
            _("A collector’s key has no other permission than to read connections. Create two keys."),
            code="collector_scopes",
        )
    return scopes


API_KEY_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": check_key_name,
    "scopes": check_scopes,
    "expires_at": check_expiry,
}


@transaction.atomic
def issue_api_key(
    partner: Partner,
    *,
    name: str,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
    created_by: User | None = None,
    has_fresh_code: bool = False,
    value: str | None = None,
) -> tuple[ApiKey, str]:
    """Create a key. Returns it with its value, `lk_{8 characters}_{43 characters}`, of which only a hash is stored.

    Without `scopes` the key has all but the collector's. `has_fresh_code`: `created_by` has just given a code of the
    second factor. Raises `InvalidField` for scopes, a bad name, and an expiry in the past. A member of staff who
    creates a collector's key gets `CollectorKeyRefused` unless a superuser, and `FreshCodeRequired` without the code.
    """
    check_scopes(scopes)
    if created_by is not None and OF_COLLECTORS & set(scopes or ()):
        if not created_by.is_superuser:
            raise CollectorKeyRefused
        if not has_fresh_code:
            raise FreshCodeRequired
    value = value or f"lk_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    given = {} if scopes is None else {"scopes": scopes}
    key = ApiKey.objects.create(
        partner=partner,
        name=check_key_name(name),
        prefix=value[: value.index("_", 3)],
        secret_hash=hash_api_key(value),
        expires_at=check_expiry(expires_at),
        created_by=created_by,
        **given,
    )
    return key, value


def rename_api_key(api_key: ApiKey, *, name: str) -> ApiKey:
    """Write the name only, so that a stale object does not undo a revocation."""
    api_key.name = check_key_name(name)
    api_key.save(update_fields=["name"])
    return api_key


def revoke_api_key(api_key: ApiKey) -> ApiKey:
    """Revoke the key. A second call keeps the first time."""
    now = timezone.now()
    ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=now)
    api_key.refresh_from_db(fields=["revoked_at"])
    return api_key


def record_api_key_use(api_key: ApiKey) -> None:
    """Store the time of use, at most one write a minute."""
    now = timezone.now()
    if api_key.last_used_at is None or now - api_key.last_used_at > LAST_USE_PRECISION:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USE_PRECISION)
        ApiKey.objects.filter(stale, pk=api_key.pk).update(last_used_at=now)


def delete_old_answers() -> int:
    """Delete responses whose idempotency keys have expired. Returns their number."""
    deleted, _ = StoredAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
    return deleted
