"""Invitations, for staff."""

from invitations.admin.batches import BatchAdmin
from invitations.admin.invitations import InvitationAdmin

__all__ = ["BatchAdmin", "InvitationAdmin"]
