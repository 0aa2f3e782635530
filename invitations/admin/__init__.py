"""Invitations, for staff."""

from invitations.admin.batches.views import BatchAdmin
from invitations.admin.changelist import InvitationAdmin

__all__ = ["BatchAdmin", "InvitationAdmin"]
