"""The message of an event, as webhooks send it and as the feed shows it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.utils.module_loading import import_string

from companies.models import PartnerEvent
from config.times import iso_8601

Links = Mapping[UUID, Mapping[str, str | None]]


def represent_event(event: PartnerEvent) -> dict[str, Any]:
    previous = {} if event.previous is None else {"previous": event.previous}
    return {
        "id": str(event.pk),
        "type": event.type,
        "timestamp": iso_8601(event.created_at),
        "sequence": event.sequence,
        "data": event.data,
        **previous,
        **event.context,
    }


def find_links(events: Collection[PartnerEvent]) -> Links:
    """Return `token` and `invitationUrl` as they are now, by the id of the invitation that an event is about."""
    find: Callable[[set[UUID]], Links] = import_string(settings.WEBHOOK_LINKS)
    return find({event.resource_id for event in events if event.resource_id})


def message_body(event: PartnerEvent, *, links: Links) -> bytes:
    """Return the JSON of the message. `links` are added to `data` of an event about one of their invitations."""
    message = represent_event(event)
    if event.resource_id and event.type.startswith("invitation."):
        message["data"] = message["data"] | links.get(event.resource_id, {})
    return orjson.dumps(message)
