"""Pages that sites of others may show in a frame."""

from collections.abc import Sequence
from http.cookies import Morsel
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware

# SameSite=None, or browsers do not send it in a frame of another site
PARTITIONED: dict[str, Any] = {"samesite": "None", "secure": True, "partitioned": True}

# header of our scripts, which other sites cannot send
SCRIPT_IN_FRAME = "HTTP_X_IN_FRAME"

# Python knows the attribute since 3.14. Django did the same for SameSite before Python knew it.
known: Any = Morsel
known._reserved.setdefault("partitioned", "Partitioned")
known._flags.add("partitioned")


def is_framed(request: HttpRequest) -> bool:
    """True for a page in a frame, on servers with TLS and on this machine (W3C Fetch Metadata Request Headers).

    The script of such a page says so itself.
    """
    return request.META.get("HTTP_SEC_FETCH_DEST") == "iframe" or SCRIPT_IN_FRAME in request.META


def allow_framing(response: HttpResponse, origins: Sequence[str]) -> HttpResponse:
    """Let pages of these origins frame the response. No origin leaves it as it is. Returns `response`."""
    if origins:
        changed: Any = response
        changed.frame_ancestors = origins
        changed.xframe_options_exempt = True
        changed._csp_replace = {"frame-ancestors": list(origins)}
    return response


class FramingMiddleware(XFrameOptionsMiddleware):
    """Django's `X-Frame-Options`. In a frame that is allowed, all cookies are partitioned.

    Browsers keep partitioned cookies for each site around the frame (CHIPS), also if they block third-party cookies.
    Other sites may cause requests with them, so they rely on Django's token and the check of the origin.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        super().process_response(request, response)
        if is_framed(request) and hasattr(response, "frame_ancestors"):
            for cookie in response.cookies.values():
                cookie.update(PARTITIONED)
        return response
