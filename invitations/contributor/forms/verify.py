"""What the contributor types to prove an address."""

import re
import unicodedata
from typing import Any

from django import forms

from companies.addresses import normalize_address
from config.exceptions import InvalidField


class AddressForm(forms.Form):
    """Which address to send a code to."""

    email = forms.CharField(
        max_length=254,
        label="Your email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Enter your email address."},
    )

    def clean_email(self) -> str:
        try:
            return normalize_address(self.cleaned_data["email"])
        except InvalidField:
            raise forms.ValidationError("Enter an address like name@example.com.") from None


class CodeForm(forms.Form):
    """The six digits, however they are spaced."""

    code = forms.CharField(
        max_length=40,
        label="Code",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Enter the six digits from the mail."},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if data is None:
            # else the list of errors has the focus
            self.fields["code"].widget.attrs["autofocus"] = True

    def clean_code(self) -> str:
        # an East Asian keyboard types digits of full width
        typed = unicodedata.normalize("NFKC", self.cleaned_data["code"])
        digits = re.sub(r"[\s-]", "", typed)
        if not re.fullmatch(r"[0-9]{6}", digits):
            raise forms.ValidationError("A code has six digits.")
        return digits
