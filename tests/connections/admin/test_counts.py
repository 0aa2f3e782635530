from companies.actors import SYSTEM
from connections.admin.counts import count_by_status
from connections.services.closing import delete_connection, disable_connection
from tests.factories import make_connection


def test_deleted_connections_are_not_counted(company):
    disable_connection(make_connection(company), by=SYSTEM)
    delete_connection(make_connection(company), by=SYSTEM)

    assert {status.value: number for status, number in count_by_status(maximum=5).items() if number} == {"DISABLED": 1}
