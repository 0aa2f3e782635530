"""What staff may change of an invitation: a form for each button, which asks, and calls the service of the API."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.text import get_text_list

from companies.actors import Actor
from config.admin.base import ServiceForm
from config.admin.lists import moment
from config.refusals import InvalidField, Refusal
from invitations.admin.inviting.fields import AddressesField, AddressField
from invitations.admin.inviting.terms import DAY_IS_OVER, TOO_FAR_OFF, end_in_words, end_of
from invitations.exceptions import ChangedMeanwhile, MaxUsesBelowUseCount
from invitations.models import Invitation
from invitations.services import correct_address, resend_invitation, rotate_invitation, update_invitation

LIVES = {"1": "1 day", "7": "1 week", "14": "14 days", "30": "30 days"}
DAY, NEVER = "day", "never"
NUMBER, UNLIMITED = "number", "unlimited"
MOST_NAMED = 3
MOST_DIGITS = 3


class ChangeForm(ServiceForm):
    """One change of one invitation. `title` asks, `consequence` says what follows, `done` what was done.

    `did_nothing`: it was so already, and nobody claims that it was changed.
    """

    title: ClassVar[str]
    button: ClassVar[str]
    consequence: str
    logged: ClassVar[str]
    cannot_be_undone: ClassVar[bool] = False
    done: str
    did_nothing: bool = False

    class Meta:
        model = Invitation
        fields = ()

    def _post_clean(self) -> None:
        """Nothing: the service checks what changes."""

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.user)

    def update(self, wanted: Mapping[str, Any], *, seen: Mapping[str, Any]) -> Invitation:
        """Change what is wanted otherwise than the page showed it. Refuses when it is no longer as it was shown."""
        invitation: Invitation = self.instance
        changes = {name: value for name, value in wanted.items() if value != seen[name]}
        if not changes:
            self.did_nothing, self.done = True, "Nothing was changed."
            return invitation
        return update_invitation(invitation, by=self.actor, seen={name: seen[name] for name in changes}, **changes)


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
    """Days are added to the end that it has, and to now when that is over or there is none."""

    title = "Until when should it work?"
    button = "Change expiry"
    consequence = "The link stays the same."
    logged = "Expiry changed."
    life = forms.ChoiceField(
        label="It expires",
        choices=[*LIVES.items(), (DAY, "At the end of a day"), (NEVER, "Never")],
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label="Day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "data-when": f"life={DAY}"}, format="%Y-%m-%d"),
        help_text="It may also end earlier than it does now.",
    )
    # the end as the page showed it: what is added to it is added once, and nothing is made shorter unseen
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        expires_at = self.instance.expires_at
        self.consequence = f"{end_in_words(expires_at)} {self.consequence}"
        lives = [(days, f"{words} {self._counted}") for days, words in LIVES.items()]
        self.fields["life"].choices = [*lives, *self.fields["life"].choices[-2:]]  # type: ignore[attr-defined]
        self.initial.update(life="14" if expires_at else NEVER, seen=_shown(expires_at))

    def clean(self) -> dict[str, Any]:
        life, day = self.cleaned_data.get("life"), self.cleaned_data.get("day")
        if life == DAY and day is None and "day" not in self.errors:
            self.add_error("day", "Choose the day.")
        if life == DAY and day is not None and day < timezone.localdate():
            self.add_error("day", DAY_IS_OVER)
        if life not in {DAY, None} and day is not None:
            self.add_error("day", "Choose “At the end of a day” above, or leave this empty.")
        return self.cleaned_data

    def perform(self) -> Invitation:
        seen = self.instance.expires_at
        if self.cleaned_data["seen"] != _shown(seen):
            raise ChangedMeanwhile
        end = self._wanted
        if end is None:
            self.done = "It does not expire any more."
        elif seen is None or end < seen:
            self.done = f"It now ends on {moment(end)}, earlier than before."
        else:
            self.done = f"It works longer now, until {moment(end)}."
        return self.update({"expires_at": end}, seen={"expires_at": seen})

    def field_refused(self, refusal: Refusal) -> str | None:
        name = "day" if self.cleaned_data["life"] == DAY else "life"
        return name if isinstance(refusal, InvalidField) else None

    def words_of(self, refusal: Refusal) -> str:
        return TOO_FAR_OFF if isinstance(refusal, InvalidField) else super().words_of(refusal)

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
    # as the page showed them: what somebody else has changed in the meantime is not undone by an old page
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_uses = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        invitation = self.instance
        emails = "\n".join(invitation.allowed_emails)
        self.initial.update(
            uses=UNLIMITED if invitation.max_uses is None else NUMBER,
            max_uses=invitation.max_uses,
            allowed_emails=emails,
            seen=emails,
            seen_uses=invitation.max_uses,
        )

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("uses") == UNLIMITED:
            self.cleaned_data["max_uses"] = None
        elif self.cleaned_data.get("max_uses") is None and "max_uses" not in self.errors:
            self.add_error("max_uses", "Say how many, or choose “Any number”.")
        return self.cleaned_data

    def perform(self) -> Invitation:
        said = self.cleaned_data
        self.done = "The limits were changed."
        return self.update(
            {"max_uses": said["max_uses"], "allowed_emails": said["allowed_emails"]},
            seen={"max_uses": said["seen_uses"], "allowed_emails": said["seen"].split()},
        )

    def field_refused(self, refusal: Refusal) -> str | None:
        return "max_uses" if isinstance(refusal, MaxUsesBelowUseCount) else super().field_refused(refusal)


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
    new = AddressField(label="Right address", max_length=500, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

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


def at_position(emails: list[str], position: str | None) -> str | None:
    """The address that a link means. By its place: an address in a link would end up in logs."""
    place = int(position) if position and position.isdecimal() and len(position) <= MOST_DIGITS else len(emails)
    return emails[place] if place < len(emails) else None


def named(emails: list[str]) -> str:
    """`a, b and 3 more`."""
    rest = len(emails) - MOST_NAMED
    return get_text_list([*emails[:MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])], "and")


def _shown(end: datetime | None) -> str:
    """As a page carries it, to the last digit."""
    return end.isoformat() if end else ""
