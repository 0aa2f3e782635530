"""Change limits: who may use an invitation, and how often."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from companies.actors import Actor
from companies.models import User
from config.exceptions import DomainError
from invitations.admin.actions.base import OptimisticLockForm
from invitations.admin.actions.recipients import mailing_sentence
from invitations.admin.create.limits import ONE_USE
from invitations.admin.create.shared_uses import SharedUsesField, SharedUsesMixin
from invitations.admin.fields import AddressesField, PlainTextField
from invitations.exceptions import MaxUsesBelowUseCount
from invitations.models import Invitation
from invitations.models.status import Status
from invitations.services.delivery.send import resend_invitation

CHANGED = _("The limits were changed.")
OPENED = _("The limits were changed. Anyone with the link may now use this invitation.")
NUMBER, UNLIMITED = "number", "unlimited"


class LimitsForm(SharedUsesMixin, OptimisticLockForm):
    title = _("Who may use this invitation, and how often?")
    button = _("Change limits")
    logged = "Limits changed."
    uses = forms.ChoiceField(
        label=_("Maximum uses"),
        choices=[(NUMBER, _("A number")), (UNLIMITED, _("Unlimited"))],
        widget=forms.RadioSelect,
        help_text=ONE_USE,
    )
    max_uses = forms.IntegerField(
        label=_("How many uses"),
        required=False,
        widget=forms.NumberInput(attrs={"data-when": f"uses={NUMBER}"}),
        help_text=_("Past uses count, too."),
    )
    allowed_emails = AddressesField(
        label=_("Allowed addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
        help_text=_(
            "Paste email addresses in any form. *@example.com allows every address of this domain. "
            "Empty: anyone with the link may use it; you are asked to confirm that."
        ),
    )
    mail = forms.BooleanField(label=_("And mail it to added addresses"), required=False)
    share_uses = SharedUsesField()
    # shown only when emptied addresses ask for it
    opens = forms.BooleanField(
        label=_("Yes, anyone with the link may use it"), required=False, widget=forms.HiddenInput
    )
    # values as they were shown
    seen = PlainTextField(required=False, widget=forms.HiddenInput)
    seen_uses = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_fields = {"seen": ("allowed_emails",), "seen_uses": ("uses", "max_uses")}

    def fill(self) -> None:
        super().fill()
        if self.instance.status != Status.ACTIVE or not self.instance.company.is_active:
            self.fields.pop("mail", None)  # nothing is mailed that does not work

    @property
    def current(self) -> dict[str, Any]:
        emails, max_uses = "\n".join(self.instance.allowed_emails), self.instance.max_uses
        return {
            "uses": UNLIMITED if max_uses is None else NUMBER,
            "max_uses": max_uses,
            "allowed_emails": emails,
            "mail": self.instance.send_email,
            "seen": emails,
            "seen_uses": max_uses,
        }

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("uses") == UNLIMITED:
            self.cleaned_data["max_uses"] = None
        elif self.cleaned_data.get("max_uses") is None and "max_uses" not in self.errors:
            self.add_error("max_uses", _("Enter a number, or choose “Unlimited”."))
        if self.cleaned_data.get("allowed_emails") == [] and self.instance.is_restricted:
            self._ask_to_open()
        if not self.errors and {"max_uses", "allowed_emails"} & set(self.changed_data):
            self._ask_about_uses()
        return self.cleaned_data

    def _ask_about_uses(self) -> None:
        """Ask for a limit that the service accepts."""
        max_uses = self.cleaned_data["max_uses"]
        if max_uses is None or max_uses >= self.instance.use_count:
            self.ask_to_share_uses(self.cleaned_data["allowed_emails"], max_uses)

    def _ask_to_open(self) -> None:
        self.fields["opens"].widget = forms.CheckboxInput()
        if not self.cleaned_data["opens"]:
            question = ngettext(
                "You removed the only address. May anyone who has the link use this invitation?",
                "You removed all %(number)s addresses. May anyone who has the link use this invitation?",
                len(self.instance.allowed_emails),
            )
            self.add_error("opens", question % {"number": len(self.instance.allowed_emails)})

    def perform(self, *, by: User) -> Invitation:
        before = set(self.instance.allowed_emails)
        invitation = super().perform(by=by)
        added = [email for email in invitation.mailable_emails if email not in before]
        if not (added and self.cleaned_data.get("mail")):
            return invitation
        self.done = f"{self.done} {mailing_sentence(added, is_first=True)}"
        self.logged = "Limits changed, and mailed."
        return resend_invitation(invitation, by=Actor.staff(by), emails=added)

    def change(self, by: User) -> Invitation:
        cleaned = self.cleaned_data
        is_opened = self.instance.is_restricted and not cleaned["allowed_emails"]
        self.done = str(OPENED if is_opened else CHANGED)
        return self.update(
            {"max_uses": cleaned["max_uses"], "allowed_emails": cleaned["allowed_emails"]},
            seen={"max_uses": cleaned["seen_uses"], "allowed_emails": cleaned["seen"].split()},
            by=by,
        )

    def error_field(self, error: DomainError) -> str | None:
        return "max_uses" if isinstance(error, MaxUsesBelowUseCount) else super().error_field(error)
