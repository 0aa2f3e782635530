from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.contributor.forms.questions import INCOMPLETE


class SecondTimeForm(forms.Form):
    """A form that asks before it connects an account a second time."""

    # the use that connected it before
    again = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        label=_("Connect it a second time?"),
        error_messages={"invalid": INCOMPLETE},
    )
    asks_again = False

    def ask_again(self, use_id: UUID) -> None:
        """Ask whether to connect the account of this use once more."""
        self.asks_again = True
        choices = [(str(use_id), _("Yes, connect this account a second time"))]
        self.fields["again"].widget = forms.CheckboxSelectMultiple(choices=choices)
        self.fields["again"].required = True
