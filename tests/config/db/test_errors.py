import pytest
from django.db import OperationalError, connection, transaction

from config.db.errors import reason_of


def test_lost_connection_is_named():
    assert reason_of(OperationalError("server closed the connection unexpectedly")) == "no connection"


def test_condition_of_the_server_is_named(db):
    with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE 'row of anna@example.com' USING ERRCODE = 'disk_full'; END $$")

    assert reason_of(refused.value) == "DiskFull (SQLSTATE 53100)"
