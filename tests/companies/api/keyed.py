"""POSTs with an `Idempotency-Key`."""

from typing import Any

from django.test import RequestFactory


def post(api: Any, path: str, body: Any = None, *, key: str) -> Any:
    return api.post(path, body, Idempotency_Key=key)


def keyed(path: str, value: str) -> Any:
    """An empty POST with an API key and the Idempotency-Key `k`."""
    headers = {"X-API-KEY": value, "Idempotency-Key": "k"}
    return RequestFactory().post(path, content_type="application/json", headers=headers)
