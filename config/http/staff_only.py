"""Middleware for sessions, users and logins, without effect on paths that have none of them.

The API knows its caller by a key, and the contributor's pages by a token and cookies of their own.
"""

from typing import Any

from axes import middleware as axes
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django_otp import middleware as otp

WITHOUT_USERS = ("/v2/", "/p/")


class StaffOnly:
    """Mixin for middleware: requests to `WITHOUT_USERS` pass it untouched."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(WITHOUT_USERS):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(StaffOnly, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(StaffOnly, auth.AuthenticationMiddleware):
    pass


class OTPMiddleware(StaffOnly, otp.OTPMiddleware):  # type: ignore[misc]
    pass


class MessageMiddleware(StaffOnly, messages.MessageMiddleware):
    pass


class AxesMiddleware(StaffOnly, axes.AxesMiddleware):  # type: ignore[misc]
    pass
