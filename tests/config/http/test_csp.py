"""The Content Security Policy of responses."""

from django.http import HttpResponse
from django.test import RequestFactory

from config.http.csp import CspMiddleware

HEADER = "Content-Security-Policy"


def policy_of(response: HttpResponse) -> dict[str, str]:
    sent = CspMiddleware(lambda request: response)(RequestFactory().get("/"))[HEADER]
    return {directive.split()[0]: directive for directive in sent.split("; ")}


def test_policy_is_changed_for_one_response_only():
    changed = HttpResponse()
    changed._csp_update = {"frame-src": ["'self'"]}

    strict, loose, strict_again = policy_of(HttpResponse()), policy_of(changed), policy_of(HttpResponse())

    assert loose == strict | {"frame-src": "frame-src 'self'"}
    assert strict_again == strict
    assert strict["default-src"] == "default-src 'none'"
