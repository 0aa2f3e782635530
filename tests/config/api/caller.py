"""A request of one operation, for tests of errors."""

import json
from typing import Any

from django.test import Client

from companies.models import ApiKey
from tests.config.api.operations import Operation


class Caller:
    """Sends one operation, valid except for what a test changes."""

    def __init__(self, operation: Operation, ids: dict[str, Any], key: ApiKey, value: str) -> None:
        self.operation, self.ids, self.key, self.value = operation, ids, key, value

    def __call__(
        self,
        body: Any = None,
        *,
        query: str = "",
        raw: bytes | None = None,
        ids: Any = None,
        content_type: str = "application/json",
        key: str | None = "",
        headers: dict[str, str] | None = None,
        **environ: str,
    ) -> Any:
        path = f"/v2/{self.operation.path(ids or self.ids)}{query}"
        sent = json.dumps(self.operation.example_body if body is None else body).encode() if raw is None else raw
        if self.operation.method == "get" and raw is None:
            sent = b""
        known = {} if key is None else {"X-API-KEY": key or self.value}
        client = Client(raise_request_exception=False, headers=known | (headers or {}))
        return client.generic(self.operation.method.upper(), path, sent, content_type=content_type, **environ)
