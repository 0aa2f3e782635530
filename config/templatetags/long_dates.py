"""Dates in full, as contributors read them in their language."""

from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language

register = template.Library()

FIRST_DAYS = {"fr": r"1\e\r F Y"}
DAYS = {"de": "j. F Y", "es": r"j \d\e F \d\e Y", "pt": r"j \d\e F \d\e Y"}
ELSEWHERE = "j F Y"
WITH_COMMA = {"de", "es", "pt"}  # behind the weekday
# Django has names of days and months with a capital, as for the start of a sentence
IN_SMALL_LETTERS = {"it", "pt"}


@register.filter(expects_localtime=True)
def long_date(day: object) -> str:
    """`1 March 2026`. Empty for what is no date."""
    return _write(day, _form_of(day)) if isinstance(day, date) else ""


@register.filter(expects_localtime=True)
def long_time(moment: datetime | None) -> str:
    """`Sunday 1 March 2026, 09:05`, in the current time zone, which the page has to name."""
    weekday = "l, " if get_language() in WITH_COMMA else "l "
    return _write(moment, f"{weekday}{_form_of(moment)}, H:i") if moment else ""


def _form_of(day: date) -> str:
    language = get_language()
    form = DAYS.get(language, ELSEWHERE)
    return FIRST_DAYS.get(language, form) if day.day == 1 else form


def _write(moment: date, form: str) -> str:
    written = date_format(moment, form)
    return written.lower() if get_language() in IN_SMALL_LETTERS else written
