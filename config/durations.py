"""Durations in words."""

from datetime import timedelta

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import ngettext


def describe_seconds(seconds: int) -> str:
    """`1 second`, `2 minutes`, `1 hour, 1 minute`: rounded up, and at least one second."""
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", max(1, seconds)) % {"count": max(1, seconds)}
    now = timezone.now()
    return timesince(now, now + timedelta(minutes=-(-seconds // 60))).replace("\N{NO-BREAK SPACE}", " ")
