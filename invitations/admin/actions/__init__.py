"""Actions on one invitation. Each has a button, a page that asks first, and a service that it shares with the API."""

from invitations.admin.actions.base import ActionForm
from invitations.admin.actions.expiry import ExtendForm
from invitations.admin.actions.limits import LimitsForm
from invitations.admin.actions.link import RotateForm
from invitations.admin.actions.recipients import CorrectForm, ResendForm, joined_emails
from invitations.admin.actions.reminders import RemindersForm
from invitations.admin.actions.requests import ApproveForm, RefuseForm

ACTIONS: dict[str, type[ActionForm]] = {
    "correct": CorrectForm,
    "resend": ResendForm,
    "extend": ExtendForm,
    "limits": LimitsForm,
    "reminders": RemindersForm,
    "rotate": RotateForm,
    "approve": ApproveForm,
    "refuse": RefuseForm,
}

__all__ = ["ACTIONS", "joined_emails"]
