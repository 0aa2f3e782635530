"""The forms to pass an invitation on, and to decline it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.exceptions import InvalidField
from config.form_fields import UncutCharField
from invitations.contributor.forms.resumed import ResumedForm
from invitations.contributor.forms.verify import AddressForm
from invitations.models import MAX_NOTE_LENGTH, DeclineReason
from invitations.services.declines import MAX_DECLINE_NOTE


class ForwardForm(AddressForm):
    email = forms.CharField(
        max_length=500,
        label=_("Their email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter their email address.")},
    )
    note = UncutCharField(
        required=False,
        max_length=MAX_NOTE_LENGTH,
        label=_("A note for them"),
        help_text=_("At most 300 characters, without links."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def show_refusal(self, error: InvalidField) -> None:
        for each in error.errors:
            self.add_error("note" if each.field == ("note",) else "email", each.detail)


class DeclineForm(ResumedForm):
    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=DeclineReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason."), "invalid_choice": _("Choose a reason.")},
    )
    note = UncutCharField(
        required=False,
        max_length=MAX_DECLINE_NOTE,
        label=_("Anything else they should know"),
        help_text=_("At most 500 characters. Please write no password here."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def show_refusal(self, error: InvalidField) -> None:
        self.add_error("note", error.detail)

    @property
    def answer(self) -> dict[str, Any]:
        return {"reason": DeclineReason(self.cleaned_data["reason"]), "note": self.cleaned_data["note"]}
