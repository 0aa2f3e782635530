"""Base of the event logs of other apps."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models.partners import ApiKey


class ActorKind(models.TextChoices):
    PARTNER = "PARTNER", "partner system"
    STAFF = "STAFF", "staff"
    CONTRIBUTOR = "CONTRIBUTOR", "contributor"
    SYSTEM = "SYSTEM", "Latchkey"


class AbstractEvent(models.Model):
    """Log entry. It never changes, but may count repetitions within an hour. Subclasses define `type`."""

    type: "models.CharField[str, str]"
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=20, choices=ActorKind)
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    email = models.CharField(max_length=254, null=True)
    detail: Any = models.JSONField(default=dict)

    class Meta:
        abstract = True

    @property
    def actor_name(self) -> str:
        """Name of the actor for staff: a member's name, a key's visible part, or the kind."""
        return str(self.user or self.api_key or ActorKind(self.actor).label)
