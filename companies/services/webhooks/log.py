"""The log of webhook endpoints."""

import logging
from typing import Any

from companies.actors import Actor
from companies.models import WebhookEndpoint, WebhookEventType
from companies.services.events import append_event

logger = logging.getLogger("latchkey.webhooks")


def log_webhook_event(
    endpoint: WebhookEndpoint, event_type: WebhookEventType, *, by: Actor, detail: dict[str, Any] | None = None
) -> None:
    """Append to the log of the endpoint, and to the process log, which outlives the endpoint."""
    append_event(endpoint.events, event_type, by=by, email=None, detail=detail or {})
    who = by.api_key.prefix if by.api_key else by.user.pk if by.user else by.kind
    logger.info("webhook endpoint %s: %s by %s", endpoint.pk, event_type.value.lower(), who)
