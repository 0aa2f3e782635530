import hashlib
from collections.abc import Callable
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Now
from django.utils import timezone
from uuid_utils.compat import uuid7

from config.db.compiled_queries import compiled
from config.db.name_search import name_index


class AllOfHttps(models.Func):
    """SQL test that all non-empty URLs of an array begin with https://."""

    template = "array_to_string(%(expressions)s, ' ') ~ '^(https://[^ ]+( |$))*$'"
    output_field = models.BooleanField()


class Partner(models.Model):
    """Organisation that calls the API. Owns companies and API keys."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    redirect_urls = ArrayField(
        models.URLField(max_length=500),
        default=list,
        blank=True,
        help_text="Pages where contributors may continue when they are done. Exact URLs, separated by commas.",
    )
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)

    class Meta:
        indexes = [name_index("partner_name_search")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="partner_has_a_name"),
            models.CheckConstraint(
                condition=Q(AllOfHttps("redirect_urls")) & ~Q(redirect_urls__contains=[""]),
                name="partner_redirect_urls",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    """Permissions of an API key. A key with one of the last two has only `COLLECTOR_SCOPES`."""

    INVITATIONS_READ = "invitations:read", "read invitations"
    INVITATIONS_WRITE = "invitations:write", "create and change invitations"
    COMPANIES_READ = "companies:read", "read companies and sites"
    COMPANIES_WRITE = "companies:write", "create and change companies and sites"
    CONNECTIONS_READ = "connections:read", "read connections"
    CONNECTIONS_WRITE = "connections:write", "create connections"
    CREDENTIALS_READ = "credentials:read", "read credentials (collector)"
    CONNECTIONS_STATUS = "connections:status", "report a connection's status (collector)"


OF_COLLECTORS = frozenset({Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS})
COLLECTOR_SCOPES = OF_COLLECTORS | {Scope.CONNECTIONS_READ}


def partner_scopes() -> list[str]:
    """All scopes but the collector's."""
    return [scope.value for scope in Scope if scope not in OF_COLLECTORS]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def active(self) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)

    def hashed(self, secret_hash: bytes) -> Self:
        return self.active().filter(secret_hash=secret_hash).select_related("partner")


class ApiKey(models.Model):
    """API key of a partner. Stored are a hash of its value and a visible prefix."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="System that uses the key.")
    prefix = models.CharField(max_length=24, editable=False)
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope), default=partner_scopes)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL)
    expires_at = models.DateTimeField("expires", null=True, blank=True, help_text="Leave empty if it never expires.")
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="api_key_has_a_name"),
            models.CheckConstraint(condition=Q(prefix__startswith="lk_"), name="api_key_prefix"),
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="api_key_scopes"),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")), name="api_key_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def __repr__(self) -> str:
        return f"<ApiKey {self.prefix}…>"

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


def find_api_key(value: str, *, company_id: UUID | None = None) -> ApiKey | None:
    """Return the active key with its partner and, as `company`, that company of the partner or None. One query."""
    secret_hash = hash_api_key(value)
    if company_id is None:
        keys = _key(secret_hash=secret_hash)
    else:
        keys = _key_and_company(secret_hash=secret_hash, company_id=company_id)
    return keys[0] if keys else None


def key_finder(sql: str, *parameters: str) -> Callable[..., ApiKey | None]:
    """Return `find_api_key` with a row of `sql` as `beside`.

    The SQL has the columns of the key as `found`. It must compare `found.partner_id`, or every partner could read the
    row. Raises `ValueError` without it.
    """
    if "found.partner_id" not in sql:
        raise ValueError("the SQL does not compare found.partner_id")
    keys = compiled(_keys, beside=sql, parameters=parameters)

    def find(value: str, **values: Any) -> ApiKey | None:
        found = keys(secret_hash=hash_api_key(value), **values)
        return found[0] if found else None

    return find


def _keys(secret_hash: bytes) -> models.QuerySet[ApiKey]:
    return ApiKey.objects.hashed(secret_hash)


_key = compiled(_keys)


@compiled
def _key_and_company(secret_hash: bytes, company_id: UUID) -> models.QuerySet[ApiKey]:
    company = FilteredRelation("partner__companies", condition=Q(partner__companies__id=company_id))
    keys = ApiKey.objects.hashed(secret_hash).annotate(company=company)
    return keys.select_related("partner", "company")  # type: ignore[misc]


def hash_api_key(value: str) -> bytes:
    """SHA-256. A value of 256 random bits needs neither salt nor a slow hash."""
    return hashlib.sha256(value.encode()).digest()


class StoredAnswer(models.Model):
    """Response to a POST with an `Idempotency-Key`, replayed to retries. Encrypted: it may contain a link."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    encrypted_body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="one_answer_per_idempotency_key")]
        indexes = [models.Index("created_at", name="stored_answer_age")]

    def __str__(self) -> str:
        return f"answer {self.status}"
