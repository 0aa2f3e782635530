"""Inviting: the form, its previews, and the screen with the link."""

from invitations.admin.inviting.screen import InvitingAdmin

__all__ = ["InvitingAdmin"]
