"""Endpoints that get the events of a partner, and each attempt to send one."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models.feed import PartnerEvent, PartnerEventType
from companies.models.partners import ApiKey, Partner, World

MAX_ANSWER_LENGTH = 4096  # bytes that are kept of an endpoint's answer


class Disabled(models.TextChoices):
    """Why Latchkey stopped sending to an endpoint."""

    FAILING = "FAILING", "It failed for five days."
    GONE = "GONE", "It answered 410 Gone."


class EndpointStatus(models.TextChoices):
    """Derived: `DISABLED` if Latchkey stopped it, else `PAUSED` if the partner did."""

    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused"
    DISABLED = "DISABLED", "Disabled"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def existing(self) -> Self:
        return self.filter(deleted_at=None)

    def active(self) -> Self:
        return self.existing().filter(paused_at=None, disabled_at=None)

    def of(self, world: World) -> Self:
        return self.existing().filter(**world._asdict())

    def visible_to(self, key: ApiKey) -> Self:
        """Endpoints of its partner and mode. A key that is limited to companies sees those that get no others."""
        rows = self.of(key.world)
        limit = Q(company_ids__contained_by=key.company_ids) & ~Q(company_ids=[])
        return rows.filter(limit) if key.company_ids else rows

    def in_trouble(self) -> Self:
        """Endpoints that Latchkey disabled, and active ones whose last attempts failed."""
        failing = Q(failing_since__isnull=False, paused_at=None)
        return self.existing().filter(failing | Q(disabled_at__isnull=False))


class WebhookEndpoint(models.Model):
    """URL of a partner to which events are sent. Its secrets sign them.

    A deleted one gets nothing more; a job deletes its row with all deliveries.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="webhook_endpoints", db_index=False)
    is_live = models.BooleanField(default=True, db_default=True, editable=False)
    url = models.URLField("URL", max_length=500)
    description = models.CharField(max_length=200, blank=True, default="", db_default="")
    event_types = ArrayField(
        models.CharField(max_length=40, choices=PartnerEventType),
        default=list,
        blank=True,
        help_text="Leave empty for all events.",
    )
    company_ids = ArrayField(models.UUIDField(), default=list, blank=True, help_text="Leave empty for all companies.")
    include_links = models.BooleanField(
        "send links",
        default=False,
        db_default=False,
        help_text="Sends the token and the link of invitations, too. The link lets its reader fill in the form.",
    )
    contact_email = models.EmailField(
        "contact", null=True, blank=True, help_text="Gets a mail when Latchkey stops sending to the endpoint."
    )
    encrypted_secret = models.BinaryField(editable=False)
    encrypted_previous_secret = models.BinaryField(null=True, editable=False)
    previous_secret_ends_at = models.DateTimeField(null=True, editable=False)
    paused_at = models.DateTimeField("paused", null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    # it gets the events behind this number
    starts_after = models.BigIntegerField(default=0, db_default=0, editable=False)
    # a worker sends to it until then, or until it clears this
    busy_until = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField("disabled", null=True, editable=False)
    disabled_because = models.CharField(max_length=20, choices=Disabled, null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[WebhookEndpointQuerySet] = WebhookEndpointQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "webhook endpoint"
        indexes = [
            models.Index("partner", "is_live", F("id").desc(), name="webhook_endpoint_newest_first"),
            models.Index(
                "failing_since",
                "id",
                condition=Q(failing_since__isnull=False) | Q(disabled_at__isnull=False),
                name="webhook_endpoint_in_trouble",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(event_types__contained_by=PartnerEventType.values), name="webhook_endpoint_event_types"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_because=None)
                | Q(disabled_at__isnull=False, disabled_because__isnull=False),
                name="webhook_endpoint_disabled_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url

    def __repr__(self) -> str:
        return f"<WebhookEndpoint {self.pk}>"

    @property
    def associated_data(self) -> str:
        return f"webhook:{self.pk}"

    @property
    def world(self) -> World:
        return World(self.partner_id, self.is_live)

    @property
    def status(self) -> EndpointStatus:
        if self.disabled_at:
            return EndpointStatus.DISABLED
        return EndpointStatus.PAUSED if self.paused_at else EndpointStatus.ACTIVE

    @property
    def is_active(self) -> bool:
        return self.status == EndpointStatus.ACTIVE


class WebhookStatus(models.TextChoices):
    PENDING = "PENDING", "Waiting"
    DELIVERED = "DELIVERED", "Delivered"
    FAILED = "FAILED", "Failed"


class WebhookDelivery(models.Model):
    """An event on its way to an endpoint. `due_at` is the time of the next attempt, None if there is none.

    `round_attempts` counts the attempts since it was last queued, `attempts` all. The table has a partition for the
    events of each month, so that deliveries are dropped with their events.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # without foreign keys: a partition that has one is dropped under a lock of the other table
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    event = models.ForeignKey(
        PartnerEvent, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    status = models.CharField(max_length=20, choices=WebhookStatus, default=WebhookStatus.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    round_attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        default_permissions = ()
        indexes = [
            models.Index("endpoint", "due_at", condition=Q(due_at__isnull=False), name="webhook_delivery_due"),
            models.Index("endpoint", F("id").desc(), name="webhook_delivery_newest_first"),
            models.Index("endpoint", "status", F("id").desc(), name="webhook_delivery_by_status"),
            models.Index("status", F("id").desc(), name="webhook_delivery_of_status"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_per_event_and_endpoint"),
            models.CheckConstraint(condition=Q(status__in=WebhookStatus.values), name="webhook_delivery_status"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.status}"


class WebhookAttempt(models.Model):
    """One request to an endpoint. `answer` is the beginning of its response, `error` says why there was none.

    The table has a partition for each month of ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.CASCADE, related_name="log", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    url = models.URLField(max_length=500)
    started_at = models.DateTimeField()
    duration = models.DurationField()
    response_code = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name = "attempt"
        default_permissions = ()
        indexes = [models.Index("delivery", "id", name="webhook_attempt_log")]

    def __str__(self) -> str:
        return f"attempt {self.number}"
