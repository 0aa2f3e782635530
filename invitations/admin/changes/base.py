"""What every button of an invitation asks with."""

from collections.abc import Mapping
from typing import Any, ClassVar

from companies.actors import Actor
from config.admin.base import ServiceForm
from invitations.models import Invitation
from invitations.services import update_invitation


class ChangeForm(ServiceForm):
    """One change of one invitation. `title` asks, `consequence` says what follows, `done` what was done.

    `did_nothing`: it was so already, and nobody claims that it was changed.
    """

    title: ClassVar[str]
    button: ClassVar[str]
    consequence: str
    logged: ClassVar[str]
    cannot_be_undone: ClassVar[bool] = False
    done: str
    did_nothing: bool = False

    class Meta:
        model = Invitation
        fields = ()

    def _post_clean(self) -> None:
        """Nothing: the service checks what changes."""

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.user)

    def update(self, wanted: Mapping[str, Any], *, seen: Mapping[str, Any]) -> Invitation:
        """Change what is wanted otherwise than the page showed it. Refuses when it is no longer as it was shown."""
        invitation: Invitation = self.instance
        changes = {name: value for name, value in wanted.items() if value != seen[name]}
        if not changes:
            self.did_nothing, self.done = True, "Nothing was changed."
            return invitation
        return update_invitation(invitation, by=self.actor, seen={name: seen[name] for name in changes}, **changes)
