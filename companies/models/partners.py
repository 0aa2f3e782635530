import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models.branding import Brand, brand_of
from config.db.compiled_queries import compiled
from config.db.index_hints import InArray
from config.db.name_search import name_index


class AllOfHttps(models.Func):
    """SQL test that all non-empty URLs of an array begin with https://."""

    template = "array_to_string(%(expressions)s, ' ') ~ '^(https://[^ ]+( |$))*$'"
    output_field = models.BooleanField()


class AllOrigins(models.Func):
    """SQL test that all texts of an array are origins. They stand in a header, between blanks."""

    template = "array_to_string(%(expressions)s, ' ') ~ '^(https?://[a-z0-9.-]+(:[0-9]{1,5})?( |$))*$'"
    output_field = models.BooleanField()


class World(NamedTuple):
    """The live rows of a partner, or its test rows. Nothing leads from one to the other."""

    partner_id: UUID
    is_live: bool


# defaults; the first two hold for each API key
PARTNER_LIMITS = {"reads_per_minute": 6_000, "writes_per_minute": 600, "mails_per_hour": 5_000}


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
    embedding_origins = ArrayField(
        models.CharField(max_length=255),
        default=list,
        db_default=[],
        blank=True,
        help_text="Sites that may show the contributor’s pages in a frame, such as https://portal.example.com.",
    )
    # None: the default of `PARTNER_LIMITS`
    reads_per_minute = models.PositiveIntegerField(null=True, blank=True)
    writes_per_minute = models.PositiveIntegerField(null=True, blank=True)
    mails_per_hour = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)

    class Meta:
        indexes = [name_index("partner_name_search")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="partner_has_a_name"),
            *(
                models.CheckConstraint(condition=Q(**{name: None}) | Q(**{f"{name}__gte": 1}), name=f"partner_{name}")
                for name in PARTNER_LIMITS
            ),
            models.CheckConstraint(
                condition=Q(AllOfHttps("redirect_urls")) & ~Q(redirect_urls__contains=[""]),
                name="partner_redirect_urls",
            ),
            models.CheckConstraint(
                condition=Q(AllOrigins("embedding_origins")) & ~Q(embedding_origins__contains=[""]),
                name="partner_embedding_origins",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def brand(self) -> Brand:
        return brand_of(None, getattr(self, "own_branding", None))

    def limit(self, name: str) -> int:
        """Return the limit of `PARTNER_LIMITS` that holds for this partner."""
        own: int | None = getattr(self, name)
        return PARTNER_LIMITS[name] if own is None else own


class Scope(models.TextChoices):
    """Permissions of an API key. One with a scope of `OF_COLLECTORS` has only `COLLECTOR_SCOPES`.

    Only a test key has `TEST`.
    """

    INVITATIONS_READ = "invitations:read", "read invitations"
    INVITATIONS_WRITE = "invitations:write", "create and change invitations"
    COMPANIES_READ = "companies:read", "read companies and sites"
    COMPANIES_WRITE = "companies:write", "create and change companies and sites"
    CONNECTIONS_READ = "connections:read", "read connections"
    CONNECTIONS_WRITE = "connections:write", "create connections"
    WEBHOOKS_WRITE = "webhooks:write", "manage webhooks and their secrets"
    CREDENTIALS_READ = "credentials:read", "read credentials (collector)"
    CONNECTIONS_STATUS = "connections:status", "report a connection's status (collector)"
    TEST = "test", "simulate steps and read mails (test keys only)"


OF_COLLECTORS = frozenset({Scope.CREDENTIALS_READ, Scope.CONNECTIONS_STATUS})
COLLECTOR_SCOPES = OF_COLLECTORS | {Scope.CONNECTIONS_READ}
# a webhook endpoint goes on receiving after the key that created it is revoked, so a key gets this scope by choice
BY_CHOICE = OF_COLLECTORS | {Scope.WEBHOOKS_WRITE}


TEST_PREFIX = "lk_test_"


def partner_scopes(*, is_live: bool = True) -> list[str]:
    """Scopes of a key for which none were chosen."""
    left_out = BY_CHOICE | {Scope.TEST} if is_live else BY_CHOICE
    return [scope.value for scope in Scope if scope not in left_out]


EXPIRES_SOON, EXPIRED_LATELY = timedelta(days=14), timedelta(days=7)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def active(self) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)

    def expiring(self) -> Self:
        """Active keys that expire within 14 days."""
        return self.active().filter(expires_at__lte=Now() + EXPIRES_SOON)

    def expired_in_use(self) -> Self:
        """Keys that expired within the last 7 days, and that were used in their last 7 days."""
        recent = Q(expires_at__lte=Now(), expires_at__gt=Now() - EXPIRED_LATELY)
        return self.filter(recent, revoked_at=None, last_used_at__gt=F("expires_at") - EXPIRED_LATELY)

    def hashed(self, secret_hash: bytes) -> Self:
        return self.active().filter(secret_hash=secret_hash).select_related("partner")


class ApiKey(models.Model):
    """API key of a partner. Stored are a hash of its value and a visible prefix.

    It sees the companies of its partner and mode (`is_live`), or only those in `company_ids` if there are any.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="api_keys")
    is_live = models.BooleanField("live", default=True, db_default=True)
    name = models.CharField(max_length=100, help_text="System that uses the key.")
    prefix = models.CharField(max_length=24, editable=False)
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope), default=partner_scopes)
    company_ids = ArrayField(models.UUIDField(), default=list, db_default=[], blank=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL)
    expires_at = models.DateTimeField("expires", null=True, blank=True, help_text="Leave empty if it never expires.")
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "API key"
        indexes = [
            models.Index("expires_at", condition=Q(expires_at__isnull=False, revoked_at=None), name="api_key_expiry")
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="api_key_has_a_name"),
            models.CheckConstraint(condition=Q(prefix__startswith="lk_"), name="api_key_prefix"),
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="api_key_scopes"),
            models.CheckConstraint(
                condition=Q(is_live=False, prefix__startswith=TEST_PREFIX)
                | (Q(is_live=True) & ~Q(prefix__startswith=TEST_PREFIX)),
                name="api_key_prefix_tells_test_keys",
            ),
            models.CheckConstraint(
                condition=Q(is_live=False) | ~Q(scopes__contains=[Scope.TEST]), name="api_key_test_scope"
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")), name="api_key_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def __repr__(self) -> str:
        return f"<ApiKey {self.prefix}…>"

    @property
    def world(self) -> World:
        return World(self.partner_id, self.is_live)

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


def seen_by(api_key_id: UUID) -> Exists:
    """Condition that the key sees the company of a row with a `company`.

    Reads the key's row, so that a changed limit holds at once and a compiled query needs no other parameter.
    """
    key = ApiKey.objects.filter(
        Q(company_ids=[]) | Q(InArray(OuterRef("company__pk"), F("company_ids"))),
        pk=api_key_id,
        partner=OuterRef("company__partner"),
        is_live=OuterRef("company__is_live"),
    )
    return Exists(key)


# the same condition beside `found`, the row of the key: see `key_finder`
SEEN_BY_FOUND_KEY = """(
    companies_company.partner_id = found.partner_id
    AND companies_company.is_live = found.is_live
    AND (found.company_ids = '{}' OR companies_company.id = ANY (found.company_ids))
)"""


def find_api_key(value: str, *, company_id: UUID | None = None) -> ApiKey | None:
    """Return the active key with its partner and, as `company`, that company if the key sees it, or None. One query."""
    secret_hash = hash_api_key(value)
    if company_id is None:
        keys = _key(secret_hash=secret_hash)
    else:
        keys = _key_and_company(secret_hash=secret_hash, company_id=company_id)
    return keys[0] if keys else None


def key_finder(sql: str, *parameters: str) -> Callable[..., ApiKey | None]:
    """Return `find_api_key` with a row of `sql` as `beside`.

    The SQL has the columns of the key as `found`. It must contain `SEEN_BY_FOUND_KEY`, or every key could read the row.
    Raises `ValueError` without it.
    """
    if SEEN_BY_FOUND_KEY not in sql:
        raise ValueError("the SQL does not contain SEEN_BY_FOUND_KEY")
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
    seen = Q(company_ids=[]) | Q(InArray(F("partner__companies__id"), F("company_ids")))
    same = Q(partner__companies__id=company_id, partner__companies__is_live=F("is_live"))
    company = FilteredRelation("partner__companies", condition=same & seen)
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
