"""A code of the second factor that was given a moment ago, for what a stolen session must not do."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

FRESH_FOR = timedelta(minutes=5)
SESSION_KEY = "second_factor_code_at"


def mark_fresh(request: HttpRequest) -> None:
    """Call it when the session has given a right code."""
    request.session[SESSION_KEY] = timezone.now().timestamp()


def is_fresh(request: HttpRequest) -> bool:
    user: Any = request.user
    age = timezone.now().timestamp() - request.session.get(SESSION_KEY, 0)
    return bool(user.is_verified()) and 0 <= age <= FRESH_FOR.total_seconds()
