"""The link of an invitation, replaced."""

from companies.actors import Actor
from companies.models import User
from invitations.admin.actions.base import ChangeForm
from invitations.models import Invitation
from invitations.services.invitations import rotate_invitation


class RotateForm(ChangeForm):
    title = "Replace the link?"
    button = "Replace the link"
    consequence = (
        "The old link and every link that was mailed lead nowhere from now on; addresses must be proved again. "
        "Pass on the new link, or mail it again. This cannot be undone."
    )
    logged = "Link replaced."
    cannot_be_undone = True

    def perform(self, *, by: User) -> Invitation:
        invitation = rotate_invitation(self.instance, by=Actor.staff(by))
        self.done = "The link was replaced. Pass on the new one, or mail it again."
        return invitation
