"""Limits that the forms for one and for many ask for: until when and how often an invitation may be used."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin.times import format_datetime, weekday_date

SPANS = {"1": _("1 day"), "7": _("7 days"), "14": _("14 days"), "30": _("30 days")}
ON_DAY, NEVER = ("date", _("At the end of a day")), ("never", _("Never"))
DAY_IS_OVER = _("This day is over in UTC. Choose a later day.")
TOO_FAR_OFF = _("Choose a day within the next ten years.")
ONE_USE = _("Each account that is connected takes one use.")
USES = [("one", _("1")), ("number", _("Another number")), ("any", _("Unlimited"))]


class LimitFields(forms.Form):
    """`expires` shows the day of each span, counted from now."""

    expires = forms.ChoiceField(
        choices=[*SPANS.items(), ON_DAY, NEVER], initial="14", widget=forms.RadioSelect, label=_("Expires")
    )
    expires_on = forms.DateField(
        required=False,
        label=_("Last day"),
        help_text=_("The link works until the end of this day in UTC."),
        widget=forms.DateInput(attrs={"type": "date", "data-when": "expires=date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date such as 2026-01-31.")},
    )
    uses = forms.ChoiceField(
        choices=USES, initial="one", widget=forms.RadioSelect, label=_("Maximum uses"), help_text=ONE_USE
    )
    max_uses = forms.IntegerField(
        required=False,
        label=_("How many uses"),
        widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric", "data-when": "uses=number"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        expires: Any = self.fields["expires"]
        others = [choice for choice in expires.choices if choice[0] not in SPANS]
        expires.choices = [*dated_spans(timezone.now(), gettext("In %(span)s: %(day)s")), *others]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("expires") == "date" and "expires_on" in cleaned:
            self._require_future_day(cleaned["expires_on"])
        if cleaned.get("uses") == "number" and "max_uses" in cleaned and cleaned["max_uses"] is None:
            self.add_error("max_uses", _("Enter a number."))
        return cleaned

    @property
    def uses_limit(self) -> int | None:
        """The chosen maximum, None for unlimited."""
        number: int | None = self.cleaned_data["max_uses"]
        return {"one": 1, "number": number, "any": None}[self.cleaned_data["uses"]]

    @property
    def expiry(self) -> dict[str, Any]:
        """`expires_at` or `expires_in`, as the services take it."""
        match self.cleaned_data["expires"]:
            case "never":
                return {"expires_at": None}
            case "date":
                return {"expires_at": end_of(self.cleaned_data["expires_on"])}
            case days:
                return {"expires_in": timedelta(days=int(days))}

    def _require_future_day(self, day: date | None) -> None:
        if day is None:
            self.add_error("expires_on", _("Choose a day."))
        elif day < timezone.localdate():
            self.add_error("expires_on", DAY_IS_OVER)


def dated_spans(start: datetime, label: str) -> Iterator[tuple[str, str]]:
    """Choices of `SPANS` with the day on which each ends. `label` takes `span` and `day`."""
    for days, span in SPANS.items():
        yield days, label % {"span": span, "day": weekday_date(start + timedelta(days=int(days)))}


def end_of(day: date) -> datetime:
    """The last second of the day in UTC: the time zone of the reader is not known."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def expiry_sentence(expires_at: datetime | None) -> str:
    if expires_at is None:
        return gettext("It never expires.")
    if expires_at > timezone.now():
        return gettext("It expires on %(time)s.") % {"time": format_datetime(expires_at)}
    return gettext("It expired on %(time)s.") % {"time": format_datetime(expires_at)}
