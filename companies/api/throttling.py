"""Limits of requests for each API key, in headers of draft-ietf-httpapi-ratelimit-headers-10."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from companies.models import ApiKey
from companies.services.request_limits import MINUTE, READS, WRITES, RequestCount, limiter
from config.monitoring.limits import LIMIT_REFUSALS

WINDOW_SECONDS = int(MINUTE.total_seconds())


class RequestThrottle(BaseThrottle):
    """Counts reads and writes of a key. The view has the result as `request_count`."""

    count: RequestCount

    def allow_request(self, request: Request, view: Any) -> bool:
        assert isinstance(request.auth, ApiKey)  # noqa: S101 - checked by the permission class
        self.count = view.request_count = limiter.count(
            request.auth, READS if request.method in SAFE_METHODS else WRITES
        )
        if not self.count.is_allowed:
            LIMIT_REFUSALS.count(self.count.kind)
        return self.count.is_allowed

    def wait(self) -> int:
        return self.count.seconds


def rate_limit_headers(count: RequestCount) -> dict[str, str]:
    """Structured fields (RFC 9651): quota `q` of a window of `w` seconds, and the `r` left for `t` seconds."""
    return {
        "RateLimit-Policy": f'"{count.kind}";q={count.limit};w={WINDOW_SECONDS}',
        "RateLimit": f'"{count.kind}";r={count.remaining};t={count.seconds}',
    }
