"""Times for staff: short or relative, with the exact time in the same element."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HALF_A_MINUTE = timedelta(seconds=30)


def format_datetime(value: datetime | None, *, default: "StrOrPromise" = "–") -> str:
    """`4 Mar 2026, 12:00 UTC`, also where Django would show the plain object."""
    return localize(timezone.localtime(value)) if value else str(default)


def short_date(value: datetime | None, *, default: "StrOrPromise" = "–") -> str | SafeString:
    """`4 Mar 2026`; the tooltip has the exact time."""
    if value is None:
        return str(default)
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), localize(local), localize(local.date())
    )


def relative_time(value: datetime | None, *, default: "StrOrPromise" = "–") -> str | SafeString:
    """`3 days from now`; hover, or keyboard focus in the row, shows the exact time."""
    if value is None:
        return str(default)
    local = timezone.localtime(value)
    # naturaltime rounds down: 14 days would read "1 week, 6 days" at once
    nearest = local + HALF_A_MINUTE if local > timezone.now() else local
    return format_html(
        '<span class="when"><time datetime="{}">{}</time> <span class="when__exact">{}</span></span>',
        local.isoformat(),
        naturaltime(nearest),
        localize(local),
    )
