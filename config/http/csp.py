"""Content Security Policy, written once for most responses."""

from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# attributes by which the decorators of django-csp change the policy of a response
CHANGES = {"_csp_config", "_csp_update", "_csp_replace", "_csp_exempt"}


class CspMiddleware(CSPMiddleware):
    """django-csp, which builds the policy again for every response. No page has a nonce."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.policy = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        pass

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.DEBUG or not CHANGES.isdisjoint(vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.policy)
        return response
