"""Staff disable and delete connections."""

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from companies.models import User
from config.admin.confirm import ConfirmedAction
from connections.models import Connection
from connections.services.closing import MAX_REASON_LENGTH, delete_connection, disable_connection

PERMISSION = "connections.close_connection"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_REASON_LENGTH,
        help_text=_("For the partner and for the list of events. The contributor never sees it."),
    )


def _disable(connection: Connection, *, by: User, reason: str) -> None:
    disable_connection(connection, by=Actor.staff(by), reason=reason)


def _delete(connection: Connection, *, by: User) -> None:
    delete_connection(connection, by=Actor.staff(by))


CLOSING: tuple[ConfirmedAction, ...] = (
    ConfirmedAction(
        name="disable",
        label=_("Disable"),
        consequence=_(
            "The login details are deleted at once, and nothing is collected any more. Open invitations to repair the "
            "connection end. Its events stay. New login details bring it back."
        ),
        outcome=_("Disabled. The login details were deleted."),
        permission=PERMISSION,
        run=_disable,
        is_offered=lambda connection: not connection.is_disabled,
        form=ReasonForm,
    ),
    ConfirmedAction(
        name="delete",
        label=_("Delete"),
        consequence=_(
            "The login details are deleted at once, and the connection disappears from lists and from the partner’s "
            "system for good. Open invitations to repair it end. Its events stay on this page."
        ),
        outcome=_("Deleted. The login details were deleted, too."),
        permission=PERMISSION,
        run=_delete,
        is_offered=lambda connection: connection.deleted_at is None,
    ),
)
