"""Pages in frames: who may show them, and their cookies."""

from django.http import HttpResponse
from django.test import RequestFactory

from config.http.csp import HEADER, CspMiddleware
from config.http.framing import FramingMiddleware, allow_framing

PORTAL = "https://portal.example.com"


def answer(origins, destination):
    """Response with a cookie, as the middleware leaves it."""
    request = RequestFactory().get("/", headers={"Sec-Fetch-Dest": destination})
    response = allow_framing(HttpResponse(), origins)
    response.set_cookie("proof", "secret", path="/p/i/", httponly=True, samesite="Lax")
    return CspMiddleware(FramingMiddleware(lambda _: response))(request)


def ancestors(response):
    return next(each for each in response[HEADER].split("; ") if each.startswith("frame-ancestors"))


def test_only_listed_origins_may_frame():
    allowed, other = answer([PORTAL, "https://b.example:8443"], "document"), answer([], "iframe")
    assert (ancestors(allowed), allowed.get("X-Frame-Options")) == (
        f"frame-ancestors {PORTAL} https://b.example:8443",
        None,
    )
    assert (ancestors(other), other["X-Frame-Options"]) == ("frame-ancestors 'none'", "DENY")


def test_cookies_in_allowed_frame_are_partitioned():
    sent = {
        (bool(origins), destination): answer(origins, destination).cookies.output(header="").strip()
        for origins in ([], [PORTAL])
        for destination in ("document", "iframe", "empty")
    }
    lax = "proof=secret; HttpOnly; Path=/p/i/; SameSite=Lax"
    partitioned = "proof=secret; HttpOnly; Partitioned; Path=/p/i/; SameSite=None; Secure"
    assert sent == dict.fromkeys(sent, lax) | {(True, "iframe"): partitioned}
