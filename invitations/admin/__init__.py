"""Invitations, for staff."""

from invitations.admin.batches.views import BatchAdmin
from invitations.admin.changelist import InvitationAdmin
from invitations.admin.connections import InvitedConnectionAdmin

__all__ = ["BatchAdmin", "InvitationAdmin", "InvitedConnectionAdmin"]
