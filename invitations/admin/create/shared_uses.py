"""The question whether several addresses share fewer uses: then the first ones leave nothing to the others."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

SHARE_USES = _("Yes, the addresses share the uses")


class SharedUsesField(forms.BooleanField):
    """Hidden until it is asked."""

    def __init__(self) -> None:
        super().__init__(required=False, label=SHARE_USES, widget=forms.HiddenInput)


class SharedUsesMixin(forms.BaseForm):
    """Form with a field `share_uses`."""

    def ask_to_share_uses(self, emails: Sequence[str] | None, max_uses: int | None) -> None:
        """Ask, as an error, unless it is confirmed."""
        if emails is None or max_uses is None or not 0 < max_uses < len(emails):
            return
        self.fields["share_uses"].widget = forms.CheckboxInput()
        if not self.cleaned_data.get("share_uses"):
            self.add_error("share_uses", _question(len(emails), max_uses))


def _question(addresses: int, uses: int) -> str:
    words: Any = ngettext(
        "%(addresses)s addresses share %(uses)s use: the first person takes it, and then the link is used up. "
        "Allow %(addresses)s uses, or confirm it here.",
        "%(addresses)s addresses share %(uses)s uses: the first people take them, and then the link is used up. "
        "Allow %(addresses)s uses, or confirm it here.",
        uses,
    )
    return str(words % {"addresses": addresses, "uses": uses})
