"""Whom an invitation is mailed to: again, and to the right address."""

from typing import Any

from django import forms
from django.utils.text import get_text_list

from companies.actors import Actor
from companies.models import User
from invitations.admin.actions.base import ChangeForm
from invitations.admin.fields import AddressField
from invitations.models import Invitation
from invitations.models.delivery import UNDELIVERED
from invitations.services.address_correction import correct_address
from invitations.services.delivery.send import resend_invitation

MOST_NAMED = 3
MOST_DIGITS = 3


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

    def perform(self, *, by: User) -> Invitation:
        emails = self.cleaned_data["emails"]
        invitation = resend_invitation(self.instance, by=Actor.staff(by), emails=emails)
        self.done = f"It is being mailed again to {named(emails)}."
        return invitation


class CorrectForm(ChangeForm):
    title = "Correct the address"
    button = "Correct and mail"
    consequence = (
        "The right address is mailed its own link. The invitation’s link and history stay; "
        "links that were mailed to the wrong address end at once, and cannot be brought back."
    )
    logged = "Address corrected."
    old = forms.ChoiceField(label="Wrong address", error_messages={"required": "Choose the address that is wrong."})
    new = AddressField(label="Right address", max_length=500, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailable = self.instance.mailable_emails
        # what was posted stays to choose from: the service says that it is not there any more
        offered = list(dict.fromkeys([*mailable, *filter(None, [self.data.get("old")])]))
        choices = [("", "Choose an address"), *((email, email) for email in offered)]
        self.fields["old"].choices = choices  # type: ignore[attr-defined]
        self.initial["old"] = at_position(mailable, self.initial.get("position")) or self._undelivered(mailable)

    def _undelivered(self, mailable: list[str]) -> str | None:
        """The first whose mail did not arrive. A good address is never chosen beforehand: its link would end."""
        deliveries = self.instance.deliveries.filter(status__in=UNDELIVERED, email__in=mailable)
        undelivered = set(deliveries.values_list("email", flat=True))
        return next((email for email in mailable if email in undelivered), None)

    def perform(self, *, by: User) -> Invitation:
        old, new = self.cleaned_data["old"], self.cleaned_data["new"]
        invitation = correct_address(self.instance, by=Actor.staff(by), old=old, new=new)
        self.done = f"{old} was corrected. A mail to {new} is on its way."
        return invitation


def at_position(emails: list[str], position: str | None) -> str | None:
    """The address that a link means. By its place: an address in a link would end up in logs."""
    place = int(position) if position and position.isdecimal() and len(position) <= MOST_DIGITS else len(emails)
    return emails[place] if place < len(emails) else None


def named(emails: list[str]) -> str:
    """`a, b and 3 more`."""
    rest = len(emails) - MOST_NAMED
    return get_text_list([*emails[:MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])], "and")
