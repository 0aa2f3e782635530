from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.addresses import normalize_address
from config.exceptions import InvalidField
from config.typed_text import find_digits
from invitations.contributor.forms.resumed import ResumedForm

MAX_TYPED = 1000  # the whole mail may be pasted


class AddressForm(ResumedForm):
    email = forms.CharField(
        max_length=500,
        label=_("Your email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter your email address.")},
    )

    def clean_email(self) -> str:
        try:
            return normalize_address(self.cleaned_data["email"])
        except InvalidField:
            raise forms.ValidationError(_("Enter an address like name@example.com.")) from None


class CodeForm(ResumedForm):
    """Accept the six or eight digits in any script, with blanks and hyphens, and with words around them."""

    code = forms.CharField(
        max_length=MAX_TYPED,
        label=_("Code"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the digits from the mail.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if data is None:
            # with errors, their list has the focus
            self.fields["code"].widget.attrs["autofocus"] = True

    def clean_code(self) -> str:
        digits = find_digits(self.cleaned_data["code"], 6, 8)
        if digits is None:
            raise forms.ValidationError(_("A code has six digits, or eight. Copy all digits from the mail."))
        return digits
