"""What staff may change of an invitation: a form for each button, which asks, and calls the service of the API."""

from invitations.admin.changes.base import ChangeForm
from invitations.admin.changes.link import RotateForm
from invitations.admin.changes.recipients import CorrectForm, ResendForm, named
from invitations.admin.changes.terms import ExtendForm, LimitsForm

CHANGES: dict[str, type[ChangeForm]] = {
    "correct": CorrectForm,
    "resend": ResendForm,
    "extend": ExtendForm,
    "limits": LimitsForm,
    "rotate": RotateForm,
}

__all__ = ["CHANGES", "named"]
