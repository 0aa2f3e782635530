"""The log of a webhook endpoint."""

from django.db import models
from django.db.models import Q

from companies.models.events import AbstractEvent, ActorKind
from companies.models.webhooks import WebhookEndpoint


class WebhookEventType(models.TextChoices):
    CREATED = "CREATED", "Created"
    UPDATED = "UPDATED", "Changed"
    PAUSED = "PAUSED", "Paused"
    RESUMED = "RESUMED", "Resumed"
    ROTATED = "ROTATED", "New secret"
    TESTED = "TESTED", "Test event sent"
    REDELIVERED = "REDELIVERED", "Events sent again"
    DISABLED = "DISABLED", "Disabled"
    DELETED = "DELETED", "Deleted"


class WebhookEvent(AbstractEvent):
    """Change of an endpoint. `detail` has the names of changed fields, no values."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=30, choices=WebhookEventType)

    class Meta:
        verbose_name = "event"
        default_permissions = ()
        indexes = [models.Index("endpoint", "id", name="webhook_event_log")]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=WebhookEventType.values), name="webhook_event_type"),
            models.CheckConstraint(condition=Q(actor__in=ActorKind.values), name="webhook_event_actor"),
        ]

    def __str__(self) -> str:
        return str(WebhookEventType(self.type).label)
