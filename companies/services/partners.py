import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.exceptions import CollectorKeyRefused, FreshCodeRequired
from companies.models import (
    COLLECTOR_SCOPES,
    OF_COLLECTORS,
    PARTNER_LIMITS,
    TEST_PREFIX,
    ApiKey,
    Company,
    Partner,
    Scope,
    StoredAnswer,
    User,
    World,
    hash_api_key,
    partner_scopes,
)
from companies.services.embedding import check_origins
from config.exceptions import InvalidField
from config.validators import validate_name

logger = logging.getLogger("latchkey")

ANSWERS_KEPT = timedelta(hours=24)
MAX_NAME_LENGTH = 200
MAX_KEY_NAME_LENGTH = 100
MAX_URL_LENGTH = 500
MAX_LIMIT = 1_000_000
MAX_KEY_COMPANIES = 100  # each request reads them


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


def check_limit(number: int | None, *, name: str) -> int | None:
    if number is not None and not 1 <= number <= MAX_LIMIT:
        message = _("Choose a number from 1 to %(most)s, or none for the usual limit.") % {"most": f"{MAX_LIMIT:,}"}
        raise InvalidField((name,), message)
    return number


PARTNER_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": check_partner_name,
    "redirect_urls": check_redirects,
    "embedding_origins": check_origins,
    **{name: partial(check_limit, name=name) for name in PARTNER_LIMITS},
}


class PartnerFields(TypedDict, total=False):
    """Limits: see `PARTNER_LIMITS`. None: the default."""

    redirect_urls: Sequence[str]
    embedding_origins: Sequence[str]
    reads_per_minute: int | None
    writes_per_minute: int | None
    mails_per_hour: int | None


class PartnerChanges(PartnerFields, total=False):
    name: str


def create_partner(*, name: str, **fields: Unpack[PartnerFields]) -> Partner:
    """Create an organisation that calls the API. Raises `InvalidField` by `PARTNER_CHECKS`."""
    given: dict[str, Any] = {"name": name, **fields}
    return Partner.objects.create(**{name: PARTNER_CHECKS[name](value) for name, value in given.items()})


def update_partner(partner: Partner, **changes: Unpack[PartnerChanges]) -> Partner:
    """Change what `create_partner` takes, by its rules. Existing invitations keep their redirect.

    Other limits and origins hold from the next request or mail.
    """
    for name, value in changes.items():
        setattr(partner, name, PARTNER_CHECKS[name](value))
    partner.save(update_fields=changes)
    if "embedding_origins" in changes:
        origins = " ".join(partner.embedding_origins) or "none"
        logger.info("embedding origins of partner %s are now %s", partner.pk, origins)
    return partner


def check_expiry(expires_at: datetime | None) -> datetime | None:
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidField(("expires_at",), "This time is in the past. Choose a later one.", code="over")
    return expires_at


def check_scopes(scopes: Sequence[str] | None, *, is_live: bool = False) -> Sequence[str] | None:
    """Reject unknown scopes, a collector's scope beside those of another program, and `test` for a live key."""
    given = set(scopes or ())
    if unknown := given - set(Scope.values):
        raise InvalidField(("scopes",), f"Unknown scope {min(unknown)}.")
    if given & OF_COLLECTORS and not given <= COLLECTOR_SCOPES:
        raise InvalidField(
            ("scopes",),
            _("A collector’s key has no other permission than to read connections. Create two keys."),
            code="collector_scopes",
        )
    if is_live and Scope.TEST in given:
        raise InvalidField(("scopes",), _("Only a test key can simulate steps and read mails."), code="test_scope")
    return scopes


def check_companies(world: World, company_ids: Sequence[UUID]) -> list[UUID]:
    """Return the ids without duplicates. Rejects more than a hundred, and companies of another partner or mode."""
    chosen = list(dict.fromkeys(company_ids))
    if len(chosen) > MAX_KEY_COMPANIES:
        message = _("Choose at most %(number)s companies, or none for all.") % {"number": MAX_KEY_COMPANIES}
        raise InvalidField(("company_ids",), message, code="max_length")
    own = set(Company.objects.filter(**world._asdict(), pk__in=chosen).values_list("pk", flat=True))
    for index, company_id in enumerate(chosen):
        if company_id not in own:
            raise InvalidField(("company_ids", index), _("This is not a company of the partner."), code="not_found")
    return chosen


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
    is_live: bool = True,
    scopes: list[str] | None = None,
    company_ids: Sequence[UUID] = (),
    expires_at: datetime | None = None,
    created_by: User | None = None,
    has_fresh_code: bool = False,
    value: str | None = None,
) -> tuple[ApiKey, str]:
    """Create a key. Returns it with its value, of which only a hash is stored.

    The value is `lk_{8 characters}_{43 characters}`; that of a test key begins with `lk_test_`. Without `scopes` the
    key has `partner_scopes()`. With `company_ids` it sees only these. `has_fresh_code`:
    `created_by` has just given a code of the second factor. Raises `InvalidField` for scopes, a bad name, companies
    that are not the partner's, and an expiry in the past. A member of staff who creates a collector's key gets
    `CollectorKeyRefused` unless a superuser, and `FreshCodeRequired` without the code.
    """
    check_scopes(scopes, is_live=is_live)
    if created_by is not None and OF_COLLECTORS & set(scopes or ()):
        if not created_by.is_superuser:
            raise CollectorKeyRefused
        if not has_fresh_code:
            raise FreshCodeRequired
    begin = "lk_" if is_live else TEST_PREFIX
    value = value or f"{begin}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        partner=partner,
        name=check_key_name(name),
        is_live=is_live,
        prefix=value[: value.index("_", len(begin))],
        secret_hash=hash_api_key(value),
        company_ids=check_companies(World(partner.pk, is_live), company_ids),
        expires_at=check_expiry(expires_at),
        created_by=created_by,
        scopes=partner_scopes(is_live=is_live) if scopes is None else scopes,
    )
    return key, value


class ApiKeyChanges(TypedDict, total=False):
    name: str
    company_ids: Sequence[UUID]


def update_api_key(api_key: ApiKey, **changes: Unpack[ApiKeyChanges]) -> ApiKey:
    """Change the name or the companies, by the rules of `issue_api_key`. Other companies hold from the next request.

    A collector's key can only lose companies: to see more takes a new key, and what its creation asks for. Writes
    nothing else, so that a stale object does not undo a revocation.
    """
    if "name" in changes:
        api_key.name = check_key_name(changes["name"])
    if "company_ids" in changes:
        chosen = check_companies(api_key.world, changes["company_ids"])
        _ensure_not_widened(api_key, chosen)
        api_key.company_ids = chosen
    api_key.save(update_fields=changes)
    return api_key


def _ensure_not_widened(api_key: ApiKey, company_ids: Sequence[UUID]) -> None:
    if not OF_COLLECTORS & set(api_key.scopes):
        return
    (before,) = ApiKey.objects.filter(pk=api_key.pk).values_list("company_ids", flat=True)
    if before and not (company_ids and set(company_ids) <= set(before)):
        message = _("A collector’s key can only lose companies. Create a new key to open more.")
        raise InvalidField(("company_ids",), message, code="collector_scopes")


def revoke_api_key(api_key: ApiKey) -> ApiKey:
    """Revoke the key. A second call keeps the first time."""
    now = timezone.now()
    ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=now)
    api_key.refresh_from_db(fields=["revoked_at"])
    return api_key


def delete_old_answers() -> int:
    """Delete responses whose idempotency keys have expired. Returns their number."""
    deleted, _ = StoredAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
    return deleted
