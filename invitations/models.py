"""Limited-use links that lead to a connection, what became of them, and what they bought."""

from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, OuterRef, Q, Value
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.actors import ActorKind
from companies.models import ApiKey, Company, Partner, User
from connections.models import Connection
from invitations.prefill import Prefill
from invitations.status import FULFILLED, REVOKED, Status, status_case, status_condition, status_of
from invitations.tokens import hash_token, unseal_token

MAX_ALLOWED_EMAILS = 100
MAX_MAX_USES = 1_000_000
MAX_MESSAGE_LENGTH = 2000
MAX_METADATA_PAIRS = 20


class InvitationType(models.TextChoices):
    CREATE_CONNECTION = "CREATE_CONNECTION", "Create a connection"
    EDIT_CONNECTION = "EDIT_CONNECTION", "Repair a connection"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, partner: Partner) -> Self:
        return self.filter(company__partner=partner)

    def with_status(self) -> Self:
        """Each with `current_status`, derived by the database."""
        return self.annotate(current_status=status_case())

    def in_status(self, *statuses: str) -> Self:
        return self.filter(status_condition(statuses))

    def active(self) -> Self:
        return self.in_status(Status.ACTIVE)

    def with_created_connections(self) -> Self:
        """Each with `created`: `[{id, name, url, status}]` of what it bought, in the same query."""
        uses = Use.objects.filter(invitation=OuterRef("pk")).order_by("pk")
        document = JSONObject(
            id="connection_id",
            name="connection__datasource__name",
            url="connection__url",
            status="connection__status",
            created="connection__created_at",
        )
        return self.annotate(created=ArraySubquery(uses.values_list(document)))

    def with_token(self, token: str) -> "Invitation | None":
        return self.filter(token_hash=hash_token(token)).first()


class Invitation(models.Model):
    """Lets whoever opens its link make a connection of the company's, or repair one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="invitations")
    invitation_type = models.CharField("type", max_length=20, choices=InvitationType)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="repair_invitations"
    )
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    sealed_token = models.BinaryField(editable=False)
    allowed_emails = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    send_email = models.BooleanField(default=False)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    max_uses = models.PositiveIntegerField("uses allowed", null=True, blank=True)
    use_count = models.PositiveIntegerField("uses", default=0, editable=False)
    prefill = models.JSONField(default=dict, blank=True)
    message = models.CharField(max_length=MAX_MESSAGE_LENGTH, null=True, blank=True)
    locale = models.CharField(max_length=35, default="en")
    external_id = models.CharField("external id", max_length=255, null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    redirect_url = models.URLField(max_length=500, null=True, blank=True)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    last_viewed_at = models.DateTimeField("last opened", null=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("updated", default=timezone.now, editable=False)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index("company", F("id").desc(), name="invitation_newest_first"),
            models.Index("company", F("id").desc(), condition=~REVOKED & ~FULFILLED, name="invitation_open"),
            models.Index("company", F("id").desc(), condition=REVOKED, name="invitation_revoked"),
            models.Index("company", F("id").desc(), condition=FULFILLED, name="invitation_fulfilled"),
            models.Index(
                "company",
                F("id").desc(),
                condition=Q(invitation_type=InvitationType.EDIT_CONNECTION),
                name="invitation_repair",
            ),
            models.Index("company", "external_id", F("id").desc(), name="invitation_external_id"),
            GinIndex("allowed_emails", name="invitation_allowed_emails"),
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
            models.CheckConstraint(
                condition=Q(invitation_type=InvitationType.CREATE_CONNECTION)
                | Q(prefill=Value({}, models.JSONField())),
                name="invitation_prefill_creates",
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

    @property
    def status(self) -> Status:
        return status_of(self, timezone.now())

    @property
    def token(self) -> str:
        return unseal_token(bytes(self.sealed_token), invitation_id=self.pk)

    @property
    def url(self) -> str:
        """`{PUBLIC_URL}/p/i/{token}`, whatever host the request named."""
        return public_url(self.token)

    @property
    def is_restricted(self) -> bool:
        """Whether only certain addresses may use it."""
        return bool(self.allowed_emails)

    @property
    def uses_left(self) -> int | None:
        """None: no limit."""
        return None if self.max_uses is None else max(self.max_uses - self.use_count, 0)

    @property
    def redirect_host(self) -> str:
        return urlsplit(self.redirect_url or "").hostname or ""

    @property
    def prefilled(self) -> Prefill:
        return Prefill.from_json(self.prefill)


class EventType(models.TextChoices):
    CREATED = "CREATED", "Created"
    SENT = "SENT", "Mail sent"
    DELIVERY_FAILED = "DELIVERY_FAILED", "Mail could not be delivered"
    VIEWED = "VIEWED", "Opened"
    CODE_SENT = "CODE_SENT", "Code sent"
    EMAIL_VERIFIED = "EMAIL_VERIFIED", "Address proved"
    VERIFICATION_FAILED = "VERIFICATION_FAILED", "Wrong code"
    USED = "USED", "Account connected"
    UPDATED = "UPDATED", "Changed"
    RESENT = "RESENT", "Mailed again"
    ROTATED = "ROTATED", "Link replaced"
    REVOKED = "REVOKED", "Revoked"
    FULFILLED = "FULFILLED", "Used up"


class InvitationEvent(models.Model):
    """A line of the invitation's log; written once and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=30, choices=EventType)
    created_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=20, choices=ActorKind)
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    email = models.CharField(max_length=254, null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = "event"
        indexes = [models.Index("invitation", "id", name="invitation_event_log")]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=EventType.values), name="invitation_event_type"),
            models.CheckConstraint(condition=Q(actor__in=ActorKind.values), name="invitation_event_actor"),
        ]

    def __str__(self) -> str:
        return str(EventType(self.type).label)

    @property
    def actor_name(self) -> str:
        """Who did it, for staff: a name, a key's visible part, or a kind."""
        return str(self.user or self.api_key or ActorKind(self.actor).label)


class Use(models.Model):
    """One connection saved through the invitation. `submission` names its form: posted twice, it is saved once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="uses", db_index=False)
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="use")
    submission = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "submission"], name="one_use_per_submission"),
        ]

    def __str__(self) -> str:
        return f"use of {self.invitation_id}"


class RateWindow(models.Model):
    """How often something was tried since `started_at`, for limits that hold across processes."""

    key = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index("started_at", name="rate_window_age")]

    def __str__(self) -> str:
        return f"{self.count} since {self.started_at}"


def public_url(token: str) -> str:
    """The address of an invitation's page, built from `PUBLIC_URL` only."""
    return f"{settings.PUBLIC_URL}{reverse('invitation', args=[token])}"
