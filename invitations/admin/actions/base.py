"""Base of the forms that change an invitation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _

from companies.actors import Actor
from companies.models import User
from config.admin.base import ServiceForm
from invitations.exceptions import ChangedMeanwhile
from invitations.models import Invitation
from invitations.services.invitations import update_invitation

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ActionForm(ServiceForm):
    """Form that changes one invitation. The template of the action explains the consequence.

    `done`: message after the change. `did_nothing`: no value differed, so there is no log entry.
    """

    title: "StrOrPromise"
    button: "StrOrPromise"
    logged: str
    is_irreversible: ClassVar[bool] = False
    done: str
    did_nothing: bool = False

    class Meta:
        model = Invitation
        fields = ()

    def _post_clean(self) -> None:
        """Skip the model's validation: form fields may have names of model fields with another meaning."""


class OptimisticLockForm(ActionForm):
    """Form that cannot undo another user's change: an outdated page is refused and shows the current values.

    `seen_fields`: each hidden field that carries a value as it was shown, and the visible fields that showed it.
    """

    seen_fields: ClassVar[dict[str, tuple[str, ...]]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fill()

    @property
    def current(self) -> dict[str, Any]:
        """Initial values of the fields."""
        raise NotImplementedError

    def change(self, by: User) -> Invitation:
        """Call `update` with the cleaned data."""
        raise NotImplementedError

    def fill(self) -> None:
        self.initial.update(self.current)

    def perform(self, *, by: User) -> Invitation:
        try:
            return self.change(by)
        except ChangedMeanwhile:
            self.instance.refresh_from_db()
            self.fill()
            self._replace_outdated_input()
            raise

    def update(self, wanted: Mapping[str, Any], *, seen: Mapping[str, Any], by: User) -> Invitation:
        """Change the values that differ from the shown ones. Raises `ChangedMeanwhile`."""
        invitation: Invitation = self.instance
        changes = {name: value for name, value in wanted.items() if value != seen[name]}
        if not changes:
            self.did_nothing, self.done = True, _("Nothing was changed.")
            return invitation
        return update_invitation(invitation, by=Actor.staff(by), seen={name: seen[name] for name in changes}, **changes)

    def _replace_outdated_input(self) -> None:
        """Keep input in fields that did not change meanwhile."""
        posted: Any = self.data
        current, data = self.current, posted.copy()
        for seen, fields in self.seen_fields.items():
            if self.cleaned_data[seen] != current[seen]:
                for name in (seen, *fields):
                    data[name] = current[name]
        self.data = data
