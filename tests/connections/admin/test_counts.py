import pytest
from django.utils.connection import ConnectionDoesNotExist

from companies.actors import SYSTEM
from config.db.replica import _is_reading
from connections.admin.counts import count_by_status
from connections.services.closing import delete_connection, disable_connection
from tests.factories import make_connection


def test_deleted_connections_are_not_counted(company):
    disable_connection(make_connection(company), by=SYSTEM)
    delete_connection(make_connection(company), by=SYSTEM)

    assert {status.value: number for status, number in count_by_status(maximum=5).items() if number} == {"DISABLED": 1}


@pytest.mark.django_db(transaction=True)
def test_counts_may_come_from_the_replica():
    """They are SQL, of which the router knows nothing."""
    token = _is_reading.set(True)
    try:
        with pytest.raises(ConnectionDoesNotExist):  # there is none
            count_by_status(maximum=1)
    finally:
        _is_reading.reset(token)
