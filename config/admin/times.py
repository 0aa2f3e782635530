"""Times for staff: short or relative, with the exact time in the same element."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import avoid_wrapping, format_html
from django.utils.safestring import SafeString
from django.utils.timesince import TIME_STRINGS
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

A_MOMENT = timedelta(seconds=45)
# unit, its length, and the number from which the next unit is used
UNITS = (
    ("minute", timedelta(minutes=1), 60),
    ("hour", timedelta(hours=1), 48),
    ("day", timedelta(days=1), 21),
    ("week", timedelta(weeks=1), 9),
    ("month", timedelta(days=30.44), 24),
)
YEAR = timedelta(days=365.25)


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


def weekday_date(value: datetime) -> str:
    """`Wed 4 March`, with the year if it is not the present one."""
    local = timezone.localtime(value)
    return date_format(local, "D j F" if local.year == timezone.localtime().year else "D j F Y")


def relative_time(value: datetime | None, *, default: "StrOrPromise" = "–") -> str | SafeString:
    """`in 3 days`; hover, or keyboard focus in the row, shows the exact time."""
    if value is None:
        return str(default)
    local = timezone.localtime(value)
    return format_html(
        '<span class="when"><time datetime="{}">{}</time> <span class="when__exact">{}</span></span>',
        local.isoformat(),
        _distance(local - timezone.now()),
        localize(local),
    )


def _distance(away: timedelta) -> str:
    """`in 3 days` or `3 days ago`: one unit, rounded to the nearest. Django's `naturaltime` names two."""
    if abs(away) < A_MOMENT:
        return gettext("now")
    counts = ((name, round(abs(away) / length), limit) for name, length, limit in UNITS)
    short = next(((name, number) for name, number, limit in counts if number < limit), None)
    name, number = short or ("year", round(abs(away) / YEAR))
    time = avoid_wrapping(TIME_STRINGS[name] % {"num": number})
    return gettext("in %(time)s") % {"time": time} if away > timedelta(0) else gettext("%(time)s ago") % {"time": time}
