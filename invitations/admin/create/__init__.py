"""Inviting: the form, its previews, and the screen with the link."""

from invitations.admin.create.views import InvitingAdmin

__all__ = ["InvitingAdmin"]
