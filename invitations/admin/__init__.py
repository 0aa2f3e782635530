"""Invitations, for staff."""

from invitations.admin.invitations import InvitationAdmin

__all__ = ["InvitationAdmin"]
