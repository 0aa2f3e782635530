import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.addresses import normalize_address
from config.exceptions import InvalidField


class AddressForm(forms.Form):
    email = forms.CharField(
        max_length=254,
        label=_("Your email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter your email address.")},
    )

    def clean_email(self) -> str:
        try:
            return normalize_address(self.cleaned_data["email"])
        except InvalidField:
            raise forms.ValidationError(_("Enter an address like name@example.com.")) from None


class CodeForm(forms.Form):
    """Accept the six or eight digits with blanks, hyphens and in full width."""

    code = forms.CharField(
        max_length=40,
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
        # East Asian keyboards type digits in full width
        typed = unicodedata.normalize("NFKC", self.cleaned_data["code"])
        digits = re.sub(r"[\s-]", "", typed)
        if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", digits):
            raise forms.ValidationError(_("A code has six digits, or eight. Copy all digits from the mail."))
        return digits
