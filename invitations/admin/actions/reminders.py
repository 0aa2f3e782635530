"""Switch reminders and forwarding on or off."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.models import User
from invitations.admin.actions.base import OptimisticLockForm
from invitations.admin.create.terms import FORWARDING_FIELD, REMINDERS_FIELD
from invitations.models import Invitation

FIELDS = ("sends_reminders", "allows_forwarding")


class RemindersForm(OptimisticLockForm):
    title = _("Send reminders, and allow forwarding?")
    button = _("Change")
    logged = "Reminders changed."
    sends_reminders = REMINDERS_FIELD
    allows_forwarding = FORWARDING_FIELD
    seen_reminders = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen_forwarding = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen_fields = {"seen_reminders": ("sends_reminders",), "seen_forwarding": ("allows_forwarding",)}

    @property
    def current(self) -> dict[str, Any]:
        reminders, forwarding = (getattr(self.instance, name) for name in FIELDS)
        shown = {"sends_reminders": reminders, "allows_forwarding": forwarding}
        return shown | {"seen_reminders": reminders, "seen_forwarding": forwarding}

    def change(self, by: User) -> Invitation:
        self.done = str(_("The invitation was changed."))
        wanted = {name: self.cleaned_data[name] for name in FIELDS}
        seen = {name: self.cleaned_data[shown] for name, shown in zip(FIELDS, self.seen_fields, strict=True)}
        return self.update(wanted, seen=seen, by=by)
