"""What every button of an invitation asks with."""

from typing import ClassVar

from config.admin.base import ServiceForm
from invitations.models import Invitation


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
        """Skip the model's validation: form fields may have names of model fields with another meaning."""
