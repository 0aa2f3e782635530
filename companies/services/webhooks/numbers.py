"""Number the events of a partner in an order in which none is missed."""

from uuid import UUID

from django.db import transaction

from companies.services.webhooks import statements


def number_events(partner_id: UUID, is_live: bool) -> None:
    """Give each committed event of this partner and mode that has no number the next ones, in the order of their ids.

    A number is never less than one that a reader can see: the numbers of a call are committed before those of the next.
    So an event whose transaction began early and commits late gets a late number. There are no gaps. Must not run in a
    transaction: the others would wait for its end.
    """
    if not statements.has_unnumbered(partner_id, is_live):
        return
    with transaction.atomic():
        last = statements.lock_stream(partner_id, is_live)
        # a statement of its own: it sees what was committed while this waited for the lock
        statements.number_after(last, partner_id, is_live)
