"""What a line of a log says, whatever the log is of."""

from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.actors import Actor, ActorKind
from companies.models import ApiKey, User


class AbstractEvent(models.Model):
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


Line = TypeVar("Line", bound=AbstractEvent)


def append_event(
    log: "models.Manager[Line]",
    event_type: str,
    *,
    by: Actor,
    email: str | None,
    detail: dict[str, Any],
    event_id: UUID | None = None,
) -> Line:
    """Append a line; call it in the transaction that makes the line true. The same `event_id` is stored once."""
    return log.create(
        id=event_id or uuid7(),
        type=event_type,
        actor=by.kind,
        api_key=by.api_key,
        user=by.user,
        email=email,
        detail=detail,
    )
