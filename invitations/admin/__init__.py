"""Admin of invitations and of bulk invitations."""

from invitations.admin.batches.views import BatchAdmin
from invitations.admin.connections import InvitedConnectionAdmin
from invitations.admin.invitations import InvitationAdmin

__all__ = ["BatchAdmin", "InvitationAdmin", "InvitedConnectionAdmin"]
