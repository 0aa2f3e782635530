from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from uuid_utils.compat import uuid7

from companies.actors import Actor
from companies.models import AbstractEvent

Event = TypeVar("Event", bound=AbstractEvent)


def append_event(
    events: "models.Manager[Event]",
    event_type: str,
    *,
    by: Actor,
    email: str | None,
    detail: dict[str, Any],
    event_id: UUID | None = None,
) -> Event:
    """Append to a log, in the transaction of the change. A second event with the same id raises `IntegrityError`."""
    return events.create(id=event_id or uuid7(), type=event_type, email=email, detail=detail, **by.event_fields)
