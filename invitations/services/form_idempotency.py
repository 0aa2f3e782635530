"""Make a form create one invitation, even if it is submitted again or concurrently."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from companies.actors import Actor
from config.exceptions import InvalidField
from invitations.exceptions import SubmittedBefore
from invitations.models import EventType, InvitationEvent

INCOMPLETE = _("This page was not complete. Reload it, then try again.")


@contextmanager
def run_once(form_id: UUID | None, *, by: Actor) -> Iterator[None]:
    """Run a transaction that creates an invitation for the form `form_id`. Without a form, no transaction begins.

    The id becomes the primary key of the `CREATED` event, so the database rolls back the second of two concurrent
    submissions. Raises `SubmittedBefore` with the invitation that the form created.
    """
    if form_id is None:
        yield
        return
    _ensure_new(form_id, by)
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        _ensure_new(form_id, by)
        raise


def _ensure_new(form_id: UUID, by: Actor) -> None:
    event = InvitationEvent.objects.select_related("user", "api_key").filter(pk=form_id).first()
    if event is None:
        return
    if event.type == EventType.CREATED and Actor(by.kind, event.api_key, event.user) == by:
        raise SubmittedBefore(event.invitation_id)
    raise InvalidField(("form_id",), str(INCOMPLETE))
