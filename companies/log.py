"""What a line of a log says, whatever the log is of."""

from typing import Any

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.actors import ActorKind
from companies.models import ApiKey, User


class LogLine(models.Model):
    """Written once and never changed. What types there are is for the subclass to say."""

    type: "models.CharField[str, str]"
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=20, choices=ActorKind)
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    email = models.CharField(max_length=254, null=True)
    detail: Any = models.JSONField(default=dict)

    class Meta:
        abstract = True

    @property
    def actor_name(self) -> str:
        """Who did it, for staff: a name, a key's visible part, or a kind."""
        return str(self.user or self.api_key or ActorKind(self.actor).label)
