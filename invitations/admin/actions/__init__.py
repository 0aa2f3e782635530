"""What staff may change of an invitation: a form for each button, which asks, and calls the service of the API."""

from invitations.admin.actions.base import ChangeForm
from invitations.admin.actions.link import RotateForm
from invitations.admin.actions.recipients import CorrectForm, ResendForm, named
from invitations.admin.actions.terms import ExtendForm, LimitsForm

CHANGES: dict[str, type[ChangeForm]] = {
    "correct": CorrectForm,
    "resend": ResendForm,
    "extend": ExtendForm,
    "limits": LimitsForm,
    "rotate": RotateForm,
}

__all__ = ["CHANGES", "named"]
