"""Invitations: limited-use links to connect an account or to repair one."""

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.functional import cached_property
from uuid_utils.compat import uuid7

from companies.models import Company, with_brand
from config.db.compiled_queries import compiled
from config.db.metadata import is_object, metadata_within_limits
from config.db.name_search import search_index
from config.validators import LANGUAGE_TAG
from connections.models import Connection
from invitations.models.conditions import HasUppercase
from invitations.models.erased import is_erased
from invitations.models.prefill import Prefill
from invitations.models.queryset import InvitationQuerySet
from invitations.models.reminder import ReminderKind
from invitations.models.search import SEARCHED
from invitations.models.status import (
    FULFILLED,
    NEVER_EXPIRES,
    NOT_OPENED,
    OPEN,
    REVOKED,
    UNANNOUNCED,
    UNFINISHED,
    RevokedBecause,
    Status,
    status_of,
)
from invitations.models.tokens import decrypt_token, hash_token, public_url

MAX_LIFETIME = timedelta(days=3650)
MAX_ALLOWED_EMAILS = 100
MAX_MAX_USES = 1_000_000
REMINDS = Q(next_reminder_at__isnull=False)
MAX_MESSAGE_LENGTH = 2000


class InvitationType(models.TextChoices):
    CREATE_CONNECTION = "CREATE_CONNECTION", "Create a connection"
    EDIT_CONNECTION = "EDIT_CONNECTION", "Repair a connection"


class Invitation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="invitations", db_index=False)
    invitation_type = models.CharField("type", max_length=20, choices=InvitationType)
    connection = models.ForeignKey(
        Connection,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="repair_invitations",
        db_index=False,
    )
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    encrypted_token = models.BinaryField(editable=False)
    allowed_emails = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    send_email = models.BooleanField(default=False)
    sends_reminders = models.BooleanField("reminders", default=False, db_default=False)
    allows_forwarding = models.BooleanField("may be forwarded", default=False, db_default=False)
    declined_at = models.DateTimeField("declined", null=True, editable=False)
    declined_emails = ArrayField(models.CharField(max_length=254), default=list, db_default=[], editable=False)
    # when the next reminder leaves, unless it turns out to be superfluous then
    next_reminder = models.CharField(max_length=10, choices=ReminderKind, null=True, editable=False)
    next_reminder_at = models.DateTimeField(null=True, editable=False)
    is_automatic = models.BooleanField(default=False, editable=False)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    max_uses = models.PositiveIntegerField("maximum uses", null=True, blank=True)
    use_count = models.PositiveIntegerField("uses", default=0, editable=False)
    prefill = models.JSONField(default=dict, blank=True)
    message = models.CharField(max_length=MAX_MESSAGE_LENGTH, null=True, blank=True)
    locale = models.CharField("language", max_length=35, default="en")
    # False: it is English because nothing was said, so pages follow the visitor's browser
    is_locale_chosen = models.BooleanField(default=True, db_default=True, editable=False)
    external_id = models.CharField("external id", max_length=255, null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    redirect_url = models.URLField(max_length=500, null=True, blank=True)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    addresses_erased_at = models.DateTimeField(null=True, editable=False)
    revoked_because = models.CharField(max_length=20, choices=RevokedBecause, null=True, editable=False)
    # an expiry after it is published when it comes
    announced_until = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    last_viewed_at = models.DateTimeField("last opened", null=True, editable=False)
    last_fetched_at = models.DateTimeField("last opened by a program", null=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("updated", default=timezone.now, editable=False)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index("company", F("id").desc(), name="invitation_newest_first"),
            models.Index("company", F("id").desc(), condition=OPEN, name="invitation_open"),
            models.Index("id", condition=Q(addresses_erased_at=None), name="invitation_with_addresses"),
            models.Index("company", F("id").desc(), condition=REVOKED, name="invitation_revoked"),
            models.Index("company", F("id").desc(), condition=~REVOKED & FULFILLED, name="invitation_used_up"),
            models.Index("company", F("id").desc(), condition=OPEN & NEVER_EXPIRES, name="invitation_endless"),
            # expiring ones are found by their expiry, or among the open ones if there are many
            models.Index("company", "expires_at", condition=OPEN & ~NEVER_EXPIRES, name="invitation_ending"),
            models.Index(
                "company",
                F("id").desc(),
                condition=Q(invitation_type=InvitationType.CREATE_CONNECTION),
                name="invitation_creation",
            ),
            models.Index(
                "company",
                F("id").desc(),
                condition=Q(invitation_type=InvitationType.EDIT_CONNECTION),
                name="invitation_repair",
            ),
            models.Index(
                "connection",
                "company",
                F("id").desc(),
                condition=Q(connection__isnull=False),
                name="invitation_of_connection",
            ),
            # staff search without knowing the company
            models.Index(
                "external_id",
                "company",
                F("id").desc(),
                condition=Q(external_id__isnull=False),
                name="invitation_by_external_id",
            ),
            # the dashboard lists them for all companies, or for one without reading rows of the others
            models.Index(
                "expires_at", "company", condition=OPEN & Q(expires_at__isnull=False), name="invitation_expiring"
            ),
            models.Index("expires_at", condition=UNANNOUNCED, name="invitation_unannounced"),
            models.Index("next_reminder_at", condition=REMINDS, name="invitation_next_reminder"),
            models.Index(F("id").desc(), "company", condition=UNFINISHED, name="invitation_unfinished"),
            models.Index(F("id").desc(), "company", condition=NOT_OPENED, name="invitation_not_opened"),
            GinIndex("allowed_emails", name="invitation_allowed_emails"),
            search_index("invitation_search", SEARCHED),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(invitation_type=InvitationType.CREATE_CONNECTION, connection=None)
                | Q(invitation_type=InvitationType.EDIT_CONNECTION, connection__isnull=False),
                name="invitation_repairs_a_connection_or_none",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(max_uses__gte=1, max_uses__lte=MAX_MAX_USES),
                name="invitation_max_uses",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(use_count__lte=F("max_uses")),
                name="invitation_within_max_uses",
            ),
            models.CheckConstraint(
                condition=Q(allowed_emails__len__lte=MAX_ALLOWED_EMAILS),
                name="invitation_allowed_emails_number",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
                name="invitation_expires_later",
            ),
            # days of 24 hours in any time zone; every change of `expires_at` sets `updated_at`
            models.CheckConstraint(
                condition=Q(expires_at=None)
                | Q(LessThanOrEqual(F("expires_at") - F("updated_at"), Value(MAX_LIFETIME))),
                name="invitation_longest_life",
            ),
            models.CheckConstraint(
                condition=~Q(HasUppercase("allowed_emails")), name="invitation_allowed_emails_lower"
            ),
            models.CheckConstraint(condition=is_object("prefill"), name="invitation_prefill_is_an_object"),
            models.CheckConstraint(condition=is_object("metadata"), name="invitation_metadata_is_an_object"),
            models.CheckConstraint(condition=metadata_within_limits("metadata"), name="invitation_metadata_fits"),
            models.CheckConstraint(condition=Q(locale__regex=LANGUAGE_TAG), name="invitation_locale"),
            models.CheckConstraint(
                condition=Q(invitation_type=InvitationType.CREATE_CONNECTION)
                | Q(prefill=Value({}, models.JSONField())),
                name="invitation_prefill_creates",
            ),
            models.CheckConstraint(
                condition=Q(next_reminder=None, next_reminder_at=None)
                | Q(REMINDS, next_reminder__isnull=False, next_reminder__in=ReminderKind.values),
                name="invitation_next_reminder",
            ),
            models.CheckConstraint(
                condition=Q(redirect_url=None) | Q(redirect_url__startswith="https://"),
                name="invitation_redirect_url",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_invitation_type_display()} for {self.company}"

    def __repr__(self) -> str:
        return f"<Invitation {self.pk}>"

    # uses that created a connection, newest first; read by `Use.prefetch_latest`
    latest_uses: list[Any]

    @property
    def status(self) -> Status:
        return status_of(self, timezone.now())

    @property
    def token(self) -> str:
        """The decrypted token. It must not reach logs or other tables."""
        return decrypt_token(bytes(self.encrypted_token), owner_id=self.pk)

    @property
    def url(self) -> str:
        return public_url(self.token)

    @property
    def repairs(self) -> bool:
        return self.invitation_type == InvitationType.EDIT_CONNECTION

    @property
    def has_nothing_to_do(self) -> bool:
        """True if its connection needs no new credentials now. New ones are accepted anyway."""
        return self.connection is not None and not (self.connection.is_repairable or self.connection.has_moved)

    @property
    def has_repaired(self) -> bool:
        """True if it was used and its connection works: more use could only break a working login."""
        return self.use_count > 0 and self.connection is not None and self.connection.is_connected

    @property
    def has_lost_its_connection(self) -> bool:
        """True if its connection was deleted, or disabled since. A later invitation can bring a disabled one back."""
        lost = self.connection if self.connection and self.connection.is_disabled else None
        return lost is not None and (lost.deleted_at is not None or self.created_at < lost.status_changed_at)

    @property
    def is_restricted(self) -> bool:
        return bool(self.allowed_emails)

    def allows(self, email: str) -> bool:
        """True if a normalized address may use a restricted invitation."""
        local, _, domain = email.rpartition("@")
        return local != "*" and (email in self.allowed_emails or f"*@{domain}" in self.allowed_emails)

    def admits(self, email: str | None) -> bool:
        """True if a visitor with this verified address, or without one, may use it."""
        return not self.is_restricted or (email is not None and self.allows(email))

    @property
    def mailable_emails(self) -> list[str]:
        return [email for email in self.allowed_emails if not email.startswith("*") and not is_erased(email)]

    @property
    def uses_left(self) -> int | None:
        return None if self.max_uses is None else max(self.max_uses - self.use_count, 0)

    @property
    def redirect_host(self) -> str:
        return urlsplit(self.redirect_url or "").hostname or ""

    @cached_property
    def prefilled(self) -> Prefill:
        """The values of `prefill`, read once for each instance. After a change, read the row again."""
        return Prefill.from_json(self.prefill)


def find_invitation(token: str) -> Invitation | None:
    """Find an invitation by its token, with its company, partner, brand and connection in one query."""
    found = _with_token(token_hash=hash_token(token))
    return found[0] if found else None


@compiled
def _with_token(token_hash: bytes) -> models.QuerySet[Invitation]:
    related = Invitation.objects.select_related(*with_brand("company"), "connection__datasource")
    return related.filter(token_hash=token_hash)
