"""Until when an invitation works, how often and for whom."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from companies.actors import Actor
from companies.models import User
from config.admin.times import format_datetime
from config.exceptions import DomainError, InvalidField
from invitations.admin.actions.base import ChangeForm
from invitations.admin.create.terms import DAY_IS_OVER, SPANS, TOO_FAR_OFF, end_in_words, end_of
from invitations.admin.fields import AddressesField, PlainTextField
from invitations.exceptions import ChangedMeanwhile, MaxUsesBelowUseCount
from invitations.models import Invitation
from invitations.services.invitations import update_invitation

DAY, NEVER = "day", "never"
NUMBER, UNLIMITED = "number", "unlimited"


class OptimisticLockForm(ChangeForm):
    """Changes what the page showed. What somebody else has changed in the meantime is not undone by an old page: that
    is refused, and the page shows it as it is now.

    `seen_in`: each hidden field that carries what was shown, and the fields that showed it.
    """

    seen_in: ClassVar[dict[str, tuple[str, ...]]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.show()

    @property
    def as_it_is(self) -> dict[str, Any]:
        """What the fields hold before anybody types."""
        raise NotImplementedError

    def change(self, by: User) -> Invitation:
        """Call `update` with the cleaned data."""
        raise NotImplementedError

    def show(self) -> None:
        self.initial.update(self.as_it_is)

    def perform(self, *, by: User) -> Invitation:
        try:
            return self.change(by)
        except ChangedMeanwhile:
            self.instance.refresh_from_db()
            self.show()
            self._take_back_what_is_outdated()
            raise

    def update(self, wanted: Mapping[str, Any], *, seen: Mapping[str, Any], by: User) -> Invitation:
        """Change what is wanted otherwise than the page showed it. Refuses when it is no longer as it was shown."""
        invitation: Invitation = self.instance
        changes = {name: value for name, value in wanted.items() if value != seen[name]}
        if not changes:
            self.did_nothing, self.done = True, "Nothing was changed."
            return invitation
        return update_invitation(invitation, by=Actor.staff(by), seen={name: seen[name] for name in changes}, **changes)

    def _take_back_what_is_outdated(self) -> None:
        """What was typed into other fields stays."""
        posted: Any = self.data
        now, data = self.as_it_is, posted.copy()
        for seen, fields in self.seen_in.items():
            if self.cleaned_data[seen] != now[seen]:
                for name in (seen, *fields):
                    data[name] = now[name]
        self.data = data


class ExtendForm(OptimisticLockForm):
    """Days are added to the end that it has, and to now when that is over or there is none."""

    title = "Until when should it work?"
    button = "Change expiry"
    consequence = "The link stays the same."
    logged = "Expiry changed."
    life = forms.ChoiceField(
        label="It expires",
        choices=[*SPANS.items(), (DAY, "At the end of a day"), (NEVER, "Never")],
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label="Day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "data-when": f"life={DAY}"}, format="%Y-%m-%d"),
        help_text="It ends with the day in UTC. It may also end earlier than it does now.",
    )
    # the end as the page showed it: what is added to it is added once, and nothing is made shorter unseen
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_in = {"seen": ()}

    @property
    def as_it_is(self) -> dict[str, Any]:
        expires_at = self.instance.expires_at
        return {"life": "14" if expires_at else NEVER, "seen": _shown(expires_at)}

    def show(self) -> None:
        super().show()
        expires_at = self.instance.expires_at
        self.consequence = f"{end_in_words(expires_at)} {type(self).consequence}"
        lives = [(days, f"{words} {self._counted}") for days, words in SPANS.items()]
        self.fields["life"].choices = [*lives, *self.fields["life"].choices[-2:]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        life, day = self.cleaned_data.get("life"), self.cleaned_data.get("day")
        if life == DAY and day is None and "day" not in self.errors:
            self.add_error("day", "Choose the day.")
        if life == DAY and day is not None and day < timezone.localdate():
            self.add_error("day", DAY_IS_OVER)
        if life not in {DAY, None} and day is not None:
            self.add_error("day", "Choose “At the end of a day” above, or leave this empty.")
        return self.cleaned_data

    def change(self, by: User) -> Invitation:
        seen = self.instance.expires_at
        if self.cleaned_data["seen"] != _shown(seen):
            raise ChangedMeanwhile
        end = self._wanted
        if end is None:
            self.done = "It does not expire any more."
        elif seen is None or end < seen:
            self.done = f"It now ends on {format_datetime(end)}, earlier than before."
        else:
            self.done = f"It works longer now, until {format_datetime(end)}."
        return self.update({"expires_at": end}, seen={"expires_at": seen}, by=by)

    def error_field(self, error: DomainError) -> str | None:
        name = "day" if self.cleaned_data["life"] == DAY else "life"
        return name if isinstance(error, InvalidField) else None

    def error_message(self, error: DomainError) -> str:
        return TOO_FAR_OFF if isinstance(error, InvalidField) else super().error_message(error)

    @property
    def _start(self) -> datetime:
        """From when days are counted."""
        now = timezone.now()
        return max(now, self.instance.expires_at or now)

    @property
    def _counted(self) -> str:
        ends_later = self.instance.expires_at and self.instance.expires_at > timezone.now()
        return "more" if ends_later else "from now"

    @property
    def _wanted(self) -> datetime | None:
        match self.cleaned_data["life"]:
            case "never":
                return None
            case "day":
                return end_of(self.cleaned_data["day"])
            case days:
                return self._start + timedelta(days=int(days))


class LimitsForm(OptimisticLockForm):
    title = "Who may use it, and how often?"
    button = "Change limits"
    consequence = "The link stays the same. Links, codes and proofs of an address that you remove end at once."
    logged = "Limits changed."
    uses = forms.ChoiceField(
        label="Accounts that can be connected through it",
        choices=[(NUMBER, "A number"), (UNLIMITED, "Any number")],
        widget=forms.RadioSelect,
    )
    max_uses = forms.IntegerField(
        label="Number",
        required=False,
        widget=forms.NumberInput(attrs={"data-when": f"uses={NUMBER}"}),
        help_text="With those that were connected already.",
    )
    allowed_emails = AddressesField(
        label="For these addresses only",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
        help_text="Paste them as they are; *@example.com stands for everyone there. "
        "Empty: anyone who has the link. New ones are not mailed: mail it again for that.",
    )
    # as the page showed them
    seen = PlainTextField(required=False, widget=forms.HiddenInput)
    seen_uses = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_in = {"seen": ("allowed_emails",), "seen_uses": ("uses", "max_uses")}

    @property
    def as_it_is(self) -> dict[str, Any]:
        emails, max_uses = "\n".join(self.instance.allowed_emails), self.instance.max_uses
        return {
            "uses": UNLIMITED if max_uses is None else NUMBER,
            "max_uses": max_uses,
            "allowed_emails": emails,
            "seen": emails,
            "seen_uses": max_uses,
        }

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("uses") == UNLIMITED:
            self.cleaned_data["max_uses"] = None
        elif self.cleaned_data.get("max_uses") is None and "max_uses" not in self.errors:
            self.add_error("max_uses", "Say how many, or choose “Any number”.")
        return self.cleaned_data

    def change(self, by: User) -> Invitation:
        said = self.cleaned_data
        self.done = "The limits were changed."
        return self.update(
            {"max_uses": said["max_uses"], "allowed_emails": said["allowed_emails"]},
            seen={"max_uses": said["seen_uses"], "allowed_emails": said["seen"].split()},
            by=by,
        )

    def error_field(self, error: DomainError) -> str | None:
        return "max_uses" if isinstance(error, MaxUsesBelowUseCount) else super().error_field(error)


def _shown(end: datetime | None) -> str:
    """As a page carries it, to the last digit."""
    return end.isoformat() if end else ""
