"""What staff may change of an invitation: a form for each button, which asks, and calls the service of the API."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.text import get_text_list

from companies.actors import Actor
from config.admin.base import ServiceForm
from config.refusals import InvalidField, Refusal
from invitations.exceptions import MaxUsesBelowUseCount
from invitations.models import Invitation
from invitations.services import correct_address, resend_invitation, rotate_invitation, update_invitation

LIVES = {"1": "1 day from now", "7": "1 week from now", "14": "14 days from now", "30": "30 days from now"}
DAY, NEVER = "day", "never"
NUMBER, UNLIMITED = "number", "unlimited"
MOST_NAMED = 3
MOST_DIGITS = 3


class ChangeForm(ServiceForm):
    """One change of one invitation. `title` asks, `consequence` says what follows, `done` what was done."""

    title: ClassVar[str]
    button: ClassVar[str]
    consequence: ClassVar[str]
    logged: ClassVar[str]
    cannot_be_undone: ClassVar[bool] = False
    done: str

    class Meta:
        model = Invitation
        fields = ()

    def _post_clean(self) -> None:
        """Nothing: the service checks what changes."""

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.user)


class ResendForm(ChangeForm):
    title = "Mail it again?"
    button = "Mail it again"
    consequence = "Each address gets a new mail with a new link of its own. Links mailed earlier go on working."
    logged = "Mailed again."
    emails = forms.MultipleChoiceField(
        label="To",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one address."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailable = self.instance.mailable_emails
        self.fields["emails"].choices = [(email, email) for email in mailable]  # type: ignore[attr-defined]
        wanted = at_position(mailable, self.initial.get("position"))
        self.initial["emails"] = [wanted] if wanted else mailable

    def perform(self) -> Invitation:
        emails = self.cleaned_data["emails"]
        invitation = resend_invitation(self.instance, by=self.actor, emails=emails)
        self.done = f"It is being mailed again to {named(emails)}."
        return invitation


class ExtendForm(ChangeForm):
    title = "Until when should it work?"
    button = "Change expiry"
    consequence = "The link stays the same, also when it has expired before."
    logged = "Expiry changed."
    life = forms.ChoiceField(
        label="It expires",
        choices=[*LIVES.items(), (DAY, "At the end of a day"), (NEVER, "Never")],
        initial="14",
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label="Day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Only for “At the end of a day”.",
    )
    fields_of_service = {"expires_in_seconds": "life", "expires_at": "day"}

    def clean(self) -> dict[str, Any]:
        life, day = self.cleaned_data.get("life"), self.cleaned_data.get("day")
        if life == DAY and day is None and "day" not in self.errors:
            self.add_error("day", "Choose the day.")
        if life not in {DAY, None} and day is not None:
            self.add_error("day", "Choose “At the end of a day” above, or leave this empty.")
        return self.cleaned_data

    def perform(self) -> Invitation:
        life = self.cleaned_data["life"]
        if life == DAY:
            invitation = update_invitation(self.instance, by=self.actor, expires_at=end_of(self.cleaned_data["day"]))
        else:
            expires_in = None if life == NEVER else timedelta(days=int(life))
            invitation = update_invitation(self.instance, by=self.actor, expires_in=expires_in)
        self.done = "It does not expire any more." if invitation.expires_at is None else "It works longer now."
        return invitation


class LimitsForm(ChangeForm):
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
        help_text="With those that were connected already.",
    )
    allowed_emails = forms.CharField(
        label="For these addresses only",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
        help_text="One on each line, or separated by commas; *@example.com for a whole domain. "
        "Empty: anyone who has the link. New ones are not mailed: mail it again for that.",
    )
    # as the page showed them: what somebody else has changed in the meantime is not undone by an old page
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        invitation = self.instance
        emails = "\n".join(invitation.allowed_emails)
        self.initial.update(
            uses=UNLIMITED if invitation.max_uses is None else NUMBER,
            max_uses=invitation.max_uses,
            allowed_emails=emails,
            seen=emails,
        )

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("uses") == UNLIMITED:
            self.cleaned_data["max_uses"] = None
        elif self.cleaned_data.get("max_uses") is None and "max_uses" not in self.errors:
            self.add_error("max_uses", "Say how many, or choose “Any number”.")
        return self.cleaned_data

    def clean_allowed_emails(self) -> list[str]:
        return addresses_in(self.cleaned_data["allowed_emails"])

    def perform(self) -> Invitation:
        emails, seen = self.cleaned_data["allowed_emails"], addresses_in(self.cleaned_data["seen"])
        changes = {"max_uses": self.cleaned_data["max_uses"]}
        if emails == seen:
            invitation = update_invitation(self.instance, by=self.actor, **changes)
        else:
            invitation = update_invitation(
                self.instance, by=self.actor, seen_emails=seen, allowed_emails=emails, **changes
            )
        self.done = "The limits were changed."
        return invitation

    def field_refused(self, refusal: Refusal) -> str | None:
        return "max_uses" if isinstance(refusal, MaxUsesBelowUseCount) else super().field_refused(refusal)

    def words_of(self, refusal: Refusal) -> str:
        """With the address that is meant."""
        if isinstance(refusal, InvalidField) and refusal.field[0] == "allowed_emails" and len(refusal.field) > 1:
            return f"{self.cleaned_data['allowed_emails'][int(refusal.field[1])]} – {refusal.detail}"
        return refusal.detail


class RotateForm(ChangeForm):
    title = "Replace the link?"
    button = "Replace the link"
    consequence = (
        "The old link and every link that was mailed lead nowhere from now on; addresses must be proved again. "
        "Pass on the new link, or mail it again. This cannot be undone."
    )
    logged = "Link replaced."
    cannot_be_undone = True

    def perform(self) -> Invitation:
        invitation = rotate_invitation(self.instance, by=self.actor)
        self.done = "The link was replaced. Pass on the new one, or mail it again."
        return invitation


class CorrectForm(ChangeForm):
    title = "Correct the address"
    button = "Correct and mail"
    consequence = (
        "The right address is mailed its own link. The invitation’s link and history stay; "
        "links that were mailed to the wrong address end at once, and cannot be brought back."
    )
    logged = "Address corrected."
    old = forms.ChoiceField(label="Wrong address")
    new = forms.CharField(label="Right address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailable = self.instance.mailable_emails
        # what was posted stays to choose from: the service says that it is not there any more
        offered = list(dict.fromkeys([*mailable, *filter(None, [self.data.get("old")])]))
        self.fields["old"].choices = [(email, email) for email in offered]  # type: ignore[attr-defined]
        self.initial["old"] = at_position(mailable, self.initial.get("position"))

    def perform(self) -> Invitation:
        old, new = self.cleaned_data["old"], self.cleaned_data["new"]
        invitation = correct_address(self.instance, by=self.actor, old=old, new=new)
        self.done = f"{old} was corrected. A mail to {new} is on its way."
        return invitation


CHANGES: dict[str, type[ChangeForm]] = {
    "correct": CorrectForm,
    "resend": ResendForm,
    "extend": ExtendForm,
    "limits": LimitsForm,
    "rotate": RotateForm,
}


def addresses_in(text: str) -> list[str]:
    return re.findall(r"[^\s,;]+", text)


def at_position(emails: list[str], position: str | None) -> str | None:
    """The address that a link means. By its place: an address in a link would end up in logs."""
    place = int(position) if position and position.isdecimal() and len(position) <= MOST_DIGITS else len(emails)
    return emails[place] if place < len(emails) else None


def named(emails: list[str]) -> str:
    """`a, b and 3 more`."""
    rest = len(emails) - MOST_NAMED
    return get_text_list([*emails[:MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])], "and")


def end_of(day: date) -> datetime:
    """The last second of the day, where staff are."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
