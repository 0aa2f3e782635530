"""Secrets of webhook endpoints, and the headers that sign a message (Standard Webhooks 1.0)."""

import base64
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from standardwebhooks.webhooks import Webhook

from companies.models import WebhookEndpoint

SECRET_BYTES = 32  # the standard allows 24 to 64
SECRET_PREFIX = "whsec_"  # noqa: S105
SECRET_OVERLAP = timedelta(hours=24)


def new_secret() -> str:
    """Return a secret as the partner sees it, once: `whsec_` and 32 random bytes in Base64."""
    return SECRET_PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def encrypt_secret(endpoint: WebhookEndpoint, secret: str) -> bytes:
    return settings.KEYRING.encrypt(secret.encode(), associated_data=endpoint.associated_data)


def current_secrets(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """Return the secret, and for 24 hours after a rotation those that it replaced. Raises `DecryptionError`."""
    encrypted = [bytes(endpoint.encrypted_secret)]
    ends_at = endpoint.previous_secret_ends_at
    if endpoint.encrypted_previous_secret is not None and ends_at and ends_at > now:
        encrypted.append(bytes(endpoint.encrypted_previous_secret))
    texts = [settings.KEYRING.decrypt(each, associated_data=endpoint.associated_data).decode() for each in encrypted]
    return [secret for text in texts for secret in text.split()]


def signed_headers(event_id: UUID, body: bytes, *, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the three headers of a message that is sent `now`. It has one signature for each secret."""
    text = body.decode()
    return {
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign(str(event_id), now, text) for each in secrets),
    }
