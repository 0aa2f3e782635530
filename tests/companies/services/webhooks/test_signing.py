from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from companies.models import WebhookEndpoint
from companies.services.webhooks.signing import current_secrets, encrypt_secret, new_secret, signed_headers
from config.crypto.keyring import DecryptionError

BODY = '{"type":"invitation.viewed","data":{"message":"Grüße"}}'.encode()


def endpoint_with(secret, previous=None, ends_in=timedelta(hours=1)):
    endpoint = WebhookEndpoint()
    endpoint.encrypted_secret = encrypt_secret(endpoint, secret)
    if previous:
        endpoint.encrypted_previous_secret = encrypt_secret(endpoint, previous)
        endpoint.previous_secret_ends_at = timezone.now() + ends_in
    return endpoint


def test_signature_verifies_with_current_and_previous_secret():
    secret, previous, other = new_secret(), new_secret(), new_secret()
    now = timezone.now()
    secrets = current_secrets(endpoint_with(secret, previous), now=now)
    headers = signed_headers(uuid4(), BODY, secrets=secrets, now=now)

    assert headers["webhook-signature"].count("v1,") == 2
    assert Webhook(secret).verify(BODY, headers) == Webhook(previous).verify(BODY, headers)
    for wrong, body in ((other, BODY), (secret, BODY.replace(b"viewed", b"used"))):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong).verify(body, headers)


def test_previous_secret_ends():
    endpoint = endpoint_with("new", "old", ends_in=timedelta(0))

    assert current_secrets(endpoint, now=timezone.now()) == ["new"]


def test_secret_is_bound_to_its_endpoint():
    endpoint = endpoint_with(new_secret())
    moved = WebhookEndpoint(encrypted_secret=endpoint.encrypted_secret)

    with pytest.raises(DecryptionError):
        current_secrets(moved, now=timezone.now())
