"""Extend: change when an invitation expires."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.models import User
from config.admin.times import format_datetime, weekday_date
from config.exceptions import DomainError, InvalidField
from invitations.admin.actions.base import OptimisticLockForm
from invitations.admin.actions.recipients import joined_emails, mailing_sentence
from invitations.admin.create.limits import (
    DAY_IS_OVER,
    SPANS,
    TOO_FAR_OFF,
    dated_spans,
    end_of,
    expiry_sentence,
)
from invitations.exceptions import ChangedMeanwhile
from invitations.models import Invitation
from invitations.models.status import Status
from invitations.services.delivery.send import resend_invitation

DAY, NEVER = "day", "never"
SUGGESTED_DAYS = 14


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
    mail = forms.BooleanField(required=False)
    # the shown expiry: a second press of the button adds no more days
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_fields = {"seen": ()}

    @property
    def current(self) -> dict[str, Any]:
        expires_at = self.instance.expires_at
        return {
            "life": str(SUGGESTED_DAYS) if expires_at else NEVER,
            "seen": _isoformat(expires_at),
            "mail": self._is_mail_wanted,
        }

    @property
    def expiry(self) -> str:
        return expiry_sentence(self.instance.expires_at)

    @property
    def suggested_day(self) -> str:
        """The last day if an expired invitation is extended as suggested."""
        return weekday_date(timezone.now() + timedelta(days=SUGGESTED_DAYS))

    def fill(self) -> None:
        super().fill()
        now = timezone.now()
        is_over = (self.instance.expires_at or now) <= now
        label = gettext("%(span)s from now: %(day)s") if is_over else gettext("%(span)s more: %(day)s")
        spans = dated_spans(now if is_over else self.instance.expires_at, label)
        self.fields["life"].choices = [*spans, *self.fields["life"].choices[-2:]]  # type: ignore[attr-defined]
        self._offer_mail()

    def clean(self) -> dict[str, Any]:
        life, day = self.cleaned_data.get("life"), self.cleaned_data.get("day")
        if life == DAY and day is None and "day" not in self.errors:
            self.add_error("day", _("Choose a day."))
        if life == DAY and day is not None and day < timezone.localdate():
            self.add_error("day", DAY_IS_OVER)
        if life not in {DAY, None} and day is not None:
            self.add_error("day", _("Choose “At the end of a day” above, or leave this empty."))
        return self.cleaned_data

    def perform(self, *, by: User) -> Invitation:
        invitation = super().perform(by=by)
        emails = invitation.mailable_emails
        if not (emails and self.cleaned_data.get("mail")):
            return invitation
        is_first = not invitation.deliveries.exists()
        mailed = resend_invitation(invitation, by=Actor.staff(by), emails=emails)
        sentences = [] if self.did_nothing else [self.done]
        self.done = " ".join([*sentences, mailing_sentence(emails, is_first=is_first)])
        self.logged = "Mailed." if self.did_nothing else "Expiry changed, and mailed."
        self.did_nothing = False
        return mailed

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
    def _is_mail_wanted(self) -> bool:
        """True if it expired after it was mailed: its contributors would not know of the extension."""
        is_expired: bool = self.instance.status == Status.EXPIRED
        return is_expired and self.instance.deliveries.exists()

    def _offer_mail(self) -> None:
        emails = self.instance.mailable_emails
        if not emails:
            self.fields.pop("mail", None)
            return
        is_first = not self.instance.deliveries.exists()
        label = gettext("And mail it to %(emails)s") if is_first else gettext("And mail it again to %(emails)s")
        self.fields["mail"].label = label % {"emails": joined_emails(emails)}

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
