"""Pages that are opened at the same time."""

import pytest

from invitations.services.invitations import record_fetch, record_view
from tests.factories import make_invitation
from tests.races import race


@pytest.mark.django_db(transaction=True)
def test_concurrent_openings_are_one_event():
    invitation = make_invitation()

    race(8, lambda number: (record_view if number % 2 else record_fetch)(invitation))

    events = invitation.events.order_by("type").values_list("type", "detail")
    assert list(events) == [("CREATED", {}), ("FETCHED", {}), ("VIEWED", {})]
