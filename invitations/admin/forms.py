"""What staff fill in to revoke."""

from django import forms


class RevokeForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=500,
        label="Reason (optional)",
        help_text="Kept in the log. The contributor does not see it.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
