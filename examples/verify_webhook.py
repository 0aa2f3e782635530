"""Verify a webhook with the package `standardwebhooks` (PyPI)."""

import os
from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])  # whsec_...


def event_of(headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """Return the event. None if the message is forged, altered or older than five minutes: answer 401."""
    try:
        event: dict[str, Any] = webhook.verify(body, dict(headers))
    except (WebhookVerificationError, ValueError):
        return None
    return event
