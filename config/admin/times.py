"""Times in the words people use, with the exact one at hand."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString

DAY = timedelta(days=1)
# from so much time on it is told in this unit
UNITS = (
    (2 * 365 * DAY, 365.25 * DAY, "year"),
    (60 * DAY, 30.44 * DAY, "month"),
    (timedelta(hours=36), DAY, "day"),
    (timedelta(minutes=90), timedelta(hours=1), "hour"),
    (timedelta(seconds=90), timedelta(minutes=1), "minute"),
)


def in_words(value: datetime, *, now: datetime) -> str:
    """`in 3 days`, `2 hours ago`: rounded to the nearest, in the largest unit of which there are about two."""
    away = abs(value - now)
    for least, unit, name in UNITS:
        if away >= least:
            number = f"{round(away / unit)} {name}s"
            return f"in {number}" if value > now else f"{number} ago"
    return "in a minute" if value > now else "just now"


def when(value: datetime | None, *, otherwise: str = "–", now: datetime | None = None) -> str | SafeString:
    """A time in words; the exact one shows when one points at it, or has the keyboard in its row."""
    if value is None:
        return otherwise
    local = timezone.localtime(value)
    return format_html(
        '<span class="when"><time datetime="{}">{}</time> <span class="when__exact">{}</span></span>',
        local.isoformat(),
        in_words(value, now=now or timezone.now()),
        localize(local),
    )
