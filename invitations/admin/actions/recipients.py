"""Mail again, and correct an address."""

from typing import Any

from django import forms
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.models import User
from config.form_fields import AddressInput
from invitations.admin.actions.base import ActionForm
from invitations.admin.fields import AddressField
from invitations.models import Invitation
from invitations.models.delivery import UNDELIVERED
from invitations.services.address_correction import correct_address
from invitations.services.delivery.send import resend_invitation

MAX_NAMED = 3
MAX_DIGITS = 3


class ResendForm(ActionForm):
    """Form to mail an invitation again, or for the first time."""

    title = _("Mail this invitation again?")
    button = _("Mail again")
    logged = "Mailed again."
    emails = forms.MultipleChoiceField(
        label=_("To"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one address.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailable = self.instance.mailable_emails
        self.fields["emails"].choices = [(email, email) for email in mailable]  # type: ignore[attr-defined]
        chosen = email_at(mailable, self.initial.get("position"))
        self.known = set(self.instance.deliveries.values_list("email", flat=True))
        unmailed = [email for email in mailable if email not in self.known]
        self.initial["emails"] = [chosen] if chosen else unmailed or mailable
        self.is_first = not self.known
        if self.is_first:
            self.title, self.button, self.logged = _("Mail this invitation?"), _("Mail it"), "Mailed."

    def perform(self, *, by: User) -> Invitation:
        emails = self.cleaned_data["emails"]
        invitation = resend_invitation(self.instance, by=Actor.staff(by), emails=emails)
        self.done = mailing_sentence(emails, is_first=self.known.isdisjoint(emails))
        return invitation


class CorrectForm(ActionForm):
    """Form with the wrong address, to be corrected. `reason`: why its mail did not arrive."""

    title = _("Correct an address")
    button = _("Correct and mail")
    logged = "Address corrected."
    old = forms.ChoiceField(
        label=_("Wrong address"), error_messages={"required": _("Choose the address that is wrong.")}
    )
    new = AddressField(label=_("Right address"), max_length=500, widget=AddressInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailable = self.instance.mailable_emails
        # a posted address stays a choice: the service says that it is no longer on the invitation
        offered = list(dict.fromkeys([*mailable, *filter(None, [self.data.get("old")])]))
        choices = [("", _("Choose an address")), *((email, email) for email in offered)]
        self.fields["old"].choices = choices  # type: ignore[attr-defined]
        errors = self._errors_by_email(mailable)
        old = email_at(mailable, self.initial.get("position")) or next(filter(errors.__contains__, mailable), None)
        self.initial.update(old=old, new=old)
        self.reason = (old and errors.get(old)) or ""
        if old and not self.is_bound:
            self.fields["new"].widget.attrs["autofocus"] = True

    def _errors_by_email(self, mailable: list[str]) -> dict[str, str]:
        """Errors of mails that did not arrive. Other addresses are not preselected: a correction ends their links."""
        deliveries = self.instance.deliveries.filter(status__in=UNDELIVERED, email__in=mailable)
        return {each.email: each.last_error or str(each.get_status_display()) for each in deliveries}

    def perform(self, *, by: User) -> Invitation:
        old, new = self.cleaned_data["old"], self.cleaned_data["new"]
        invitation = correct_address(self.instance, by=Actor.staff(by), old=old, new=new)
        self.done = gettext("%(old)s was corrected. A mail to %(new)s is on its way.") % {"old": old, "new": new}
        return invitation


def email_at(emails: list[str], position: str | None) -> str | None:
    """The address at `?address=`. By position, because an address in a URL would reach the logs."""
    index = int(position) if position and position.isdecimal() and len(position) <= MAX_DIGITS else len(emails)
    return emails[index] if index < len(emails) else None


def mailing_sentence(emails: list[str], *, is_first: bool) -> str:
    sentence = (
        gettext("The invitation is being mailed to %(emails)s.")
        if is_first
        else gettext("The invitation is being mailed again to %(emails)s.")
    )
    return sentence % {"emails": joined_emails(emails)}


def joined_emails(emails: list[str]) -> str:
    """`a, b and 3 more`."""
    rest = len(emails) - MAX_NAMED
    more = [gettext("%(number)s more") % {"number": rest}] if rest > 0 else []
    return get_text_list([*emails[:MAX_NAMED], *more], gettext("and"))
