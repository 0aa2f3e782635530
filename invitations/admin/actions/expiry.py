"""Extend: change when an invitation expires."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.models import User
from config.admin.times import format_datetime
from config.exceptions import DomainError, InvalidField
from invitations.admin.actions.base import OptimisticLockForm
from invitations.admin.create.limits import (
    DAY_IS_OVER,
    SPANS,
    TOO_FAR_OFF,
    end_of,
    expiry_sentence,
)
from invitations.exceptions import ChangedMeanwhile
from invitations.models import Invitation

DAY, NEVER = "day", "never"


class ExtendForm(OptimisticLockForm):
    """Days are added to the current expiry, or to now if it is over or was never set."""

    title = _("When should this invitation expire?")
    button = _("Change expiry")
    logged = "Expiry changed."
    life = forms.ChoiceField(
        label=_("Expires"),
        choices=[*SPANS.items(), (DAY, _("At the end of a day")), (NEVER, _("Never"))],
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "data-when": f"life={DAY}"}, format="%Y-%m-%d"),
        help_text=_("The link works until the end of this day in UTC. The day may be earlier than now planned."),
    )
    # the shown expiry: a second press of the button adds no more days
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_fields = {"seen": ()}

    @property
    def current(self) -> dict[str, Any]:
        expires_at = self.instance.expires_at
        return {"life": "14" if expires_at else NEVER, "seen": _isoformat(expires_at)}

    @property
    def expiry(self) -> str:
        return expiry_sentence(self.instance.expires_at)

    def fill(self) -> None:
        super().fill()
        expires_at = self.instance.expires_at
        label = gettext("%(span)s more") if expires_at and expires_at > timezone.now() else gettext("%(span)s from now")
        spans = [(days, label % {"span": span}) for days, span in SPANS.items()]
        self.fields["life"].choices = [*spans, *self.fields["life"].choices[-2:]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        life, day = self.cleaned_data.get("life"), self.cleaned_data.get("day")
        if life == DAY and day is None and "day" not in self.errors:
            self.add_error("day", _("Choose a day."))
        if life == DAY and day is not None and day < timezone.localdate():
            self.add_error("day", DAY_IS_OVER)
        if life not in {DAY, None} and day is not None:
            self.add_error("day", _("Choose “At the end of a day” above, or leave this empty."))
        return self.cleaned_data

    def change(self, by: User) -> Invitation:
        seen = self.instance.expires_at
        if self.cleaned_data["seen"] != _isoformat(seen):
            raise ChangedMeanwhile
        expires_at = self._wanted
        if expires_at is None:
            self.done = gettext("The invitation never expires now.")
        elif seen is None or expires_at < seen:
            self.done = gettext("The invitation now expires on %(time)s, earlier than before.")
        else:
            self.done = gettext("The invitation works longer now, until %(time)s.")
        self.done %= {"time": format_datetime(expires_at)}
        return self.update({"expires_at": expires_at}, seen={"expires_at": seen}, by=by)

    def error_field(self, error: DomainError) -> str | None:
        name = "day" if self.cleaned_data["life"] == DAY else "life"
        return name if isinstance(error, InvalidField) else None

    def error_message(self, error: DomainError) -> str:
        return str(TOO_FAR_OFF) if isinstance(error, InvalidField) else super().error_message(error)

    @property
    def _wanted(self) -> datetime | None:
        match self.cleaned_data["life"]:
            case "never":
                return None
            case "day":
                return end_of(self.cleaned_data["day"])
            case days:
                now = timezone.now()
                return max(now, self.instance.expires_at or now) + timedelta(days=int(days))


def _isoformat(expires_at: datetime | None) -> str:
    """Format to the microsecond, so that the hidden field compares equal."""
    return expires_at.isoformat() if expires_at else ""
