"""What staff fill in: to invite, and to revoke."""

import re
from datetime import timedelta
from typing import Any

from django import forms

from companies.actors import Actor
from config.admin.base import ServiceForm
from config.refusals import InvalidField, Refusal
from invitations.models import Invitation
from invitations.services import create_invitation

DAYS = {"1": "1 day", "7": "1 week", "14": "2 weeks", "30": "30 days", "": "Never"}


class NewInvitationForm(ServiceForm):
    """To connect an account of a company's; everything but the company may be left as it is."""

    allowed_emails = forms.CharField(
        required=False,
        label="For these addresses only",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="One on each line, or separated by commas. Empty: anyone who has the link.",
    )
    message = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="What the contributor reads above the form, as plain text.",
    )
    expires_in = forms.ChoiceField(required=False, choices=list(DAYS.items()), initial="14", label="Expires in")
    max_uses = forms.IntegerField(
        required=False,
        initial=1,
        label="Accounts",
        help_text="How many can be connected through it. Empty: any number.",
    )
    fields_of_service = {"expires_in_seconds": "expires_in"}

    class Meta:
        model = Invitation
        fields = ("company", "allowed_emails", "message", "expires_in", "max_uses", "external_id")
        help_texts = {"external_id": "Your own reference. The contributor does not see it."}

    def clean_allowed_emails(self) -> list[str]:
        return re.findall(r"[^\s,;]+", self.cleaned_data["allowed_emails"])

    def clean_expires_in(self) -> timedelta | None:
        days = self.cleaned_data["expires_in"]
        return timedelta(days=int(days)) if days else None

    def _post_clean(self) -> None:
        """Nothing: the service makes the row, and checks what goes into it."""

    def perform(self) -> Invitation:
        given: dict[str, Any] = dict(self.cleaned_data)
        return create_invitation(given.pop("company"), by=Actor.staff(self.user), **given)

    def words_of(self, refusal: Refusal) -> str:
        """With the address that is meant."""
        if isinstance(refusal, InvalidField) and refusal.field[0] == "allowed_emails" and len(refusal.field) > 1:
            return f"{self.cleaned_data['allowed_emails'][int(refusal.field[1])]} – {refusal.detail}"
        return refusal.detail


class RevokeForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=500,
        label="Reason (optional)",
        help_text="Kept in the log. The contributor does not see it.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
