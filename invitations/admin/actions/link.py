"""Replace the link."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.models import User
from invitations.admin.actions.base import ActionForm
from invitations.admin.titles import invitation_title
from invitations.models import Invitation
from invitations.services.invitations import rotate_invitation


class RotateForm(ActionForm):
    button = _("Replace link")
    logged = "Link replaced."
    is_irreversible = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = invitation_title(self.instance)
        self.title = gettext("Replace the link for %(name)s?") % {"name": self.name}

    def perform(self, *, by: User) -> Invitation:
        invitation = rotate_invitation(self.instance, by=Actor.staff(by))
        sentence = gettext("The link for %(name)s was replaced. Pass on the new one, or mail it.")
        self.done = sentence % {"name": self.name}
        return invitation
