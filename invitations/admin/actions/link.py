"""Replace the link."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.models import User
from invitations.admin.actions.base import ActionForm
from invitations.models import Invitation
from invitations.services.invitations import rotate_invitation


class RotateForm(ActionForm):
    title = _("Replace the link?")
    button = _("Replace link")
    logged = "Link replaced."
    is_irreversible = True

    def perform(self, *, by: User) -> Invitation:
        invitation = rotate_invitation(self.instance, by=Actor.staff(by))
        self.done = gettext("The link was replaced. Pass on the new link, or mail it again.")
        return invitation
