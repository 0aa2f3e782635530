"""Buttons on the page of an invitation."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from invitations.models import Invitation, InvitationType
from invitations.models.status import Status

LABELS = {
    "correct": _("Correct an address"),
    "resend": _("Mail again"),
    "mail": _("Mail it"),
    "extend": _("Extend"),
    "limits": _("Change limits"),
    "reminders": _("Reminders"),
    "rotate": _("Replace link"),
    "revoke": _("Revoke"),
    "approve": _("Approve"),
    "refuse": _("Refuse"),
    "new": _("Create a new invitation"),
    "repair": _("Invite to repair"),
}


class Button(NamedTuple):
    name: str
    label: Promise
    url: str


def may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("invitations.change_invitation")


def action_buttons(
    request: HttpRequest, invitation: Invitation, *, was_mailed: bool, is_asked: bool
) -> Iterator[Button]:
    """Actions that have an effect in the invitation's status and that the user may do."""
    if invitation.revoked_at or not may_change(request):
        return
    status = invitation.status
    names = ["approve", "refuse"] if is_asked and status in {Status.ACTIVE, Status.EXPIRED} else []
    if status == Status.ACTIVE and invitation.mailable_emails:
        names += ["resend", "correct"]
    if status in {Status.ACTIVE, Status.EXPIRED}:
        names += ["extend", "reminders"]
    for name in (*names, "limits", "rotate", "revoke"):
        label = LABELS["mail" if name == "resend" and not was_mailed else name]
        yield Button(name, label, reverse(f"admin:invitations_invitation_{name}", args=[invitation.pk]))


def create_buttons(
    model_admin: Any, request: HttpRequest, invitation: Invitation, broken: Connection | None
) -> Iterator[Button]:
    """Buttons for another invitation: a copy of a revoked one, or one that repairs a broken connection."""
    if not model_admin.has_add_permission(request):
        return
    url = reverse("admin:invitations_invitation_add")
    if invitation.revoked_at:
        yield Button("new", LABELS["new"], f"{url}?{urlencode({'copy': str(invitation.pk)})}")
    if broken:
        query = {
            "company": str(invitation.company_id),
            "invitation_type": InvitationType.EDIT_CONNECTION.value,
            "connection": str(broken.pk),
        }
        yield Button("repair", LABELS["repair"], f"{url}?{urlencode(query)}")
