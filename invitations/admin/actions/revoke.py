"""The reason for revoking."""

from django import forms
from django.utils.translation import gettext_lazy as _

from config.exceptions import InvalidField
from config.validators import validate_single_line
from invitations.services.invitations import MAX_REASON_LENGTH


class RevokeForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON_LENGTH,
        label=_("Reason (optional)"),
        help_text=_("It is kept with the invitation. The contributor does not see it."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def clean_reason(self) -> str:
        try:
            return validate_single_line(self.cleaned_data["reason"], max_length=MAX_REASON_LENGTH, field=("reason",))
        except InvalidField as error:
            raise forms.ValidationError(error.detail) from None
