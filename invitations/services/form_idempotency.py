"""A form that makes one invitation, however often and however fast it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, transaction

from companies.actors import Actor
from config.exceptions import InvalidField
from invitations.exceptions import SubmittedBefore
from invitations.models import EventType, InvitationEvent

INCOMPLETE = "This page was not complete. Reload it, then try again."


@contextmanager
def run_once(form_id: UUID | None, *, by: Actor) -> Iterator[None]:
    """A transaction in which the form named `form_id` makes an invitation.

    The form's name is the key of the line `CREATED` in the log: of two that are stored at the same moment the
    database takes one, and nothing stays of the other. Refuses a form that was sent before with what it made.
    """
    _refuse_repeated(form_id, by)
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        _refuse_repeated(form_id, by)
        raise


def _refuse_repeated(form_id: UUID | None, by: Actor) -> None:
    if form_id is None:
        return
    event = InvitationEvent.objects.select_related("user", "api_key").filter(pk=form_id).first()
    if event is None:
        return
    if event.type == EventType.CREATED and Actor(by.kind, event.api_key, event.user) == by:
        raise SubmittedBefore(event.invitation_id)
    raise InvalidField(("form_id",), INCOMPLETE)
