import secrets

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from config.db.errors import reason_of
from tests.operations.roles import superuser


def test_lost_connection_is_named():
    assert reason_of(OperationalError("server closed the connection unexpectedly")) == "no connection"


def test_refused_connection_has_its_reason(role):
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(**superuser() | {"user": role})

    assert reason_of(refused.value) == f'no connection: too many connections for role "{role}"'


@pytest.fixture
def role():
    """A role that may have no connection."""
    name = f"latchkey_{secrets.token_hex(4)}"
    with psycopg.connect(**superuser(), autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT 0")
        try:
            yield name
        finally:
            administrator.execute(f"DROP ROLE {name}")


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("disk_full", "DiskFull (SQLSTATE 53100)"),
        ("deadlock_detected", "DeadlockDetected (SQLSTATE 40P01)"),
        ("too_many_connections", "TooManyConnections (SQLSTATE 53300)"),
    ],
)
def test_condition_of_the_server_is_named(db, condition, reason):
    with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE 'row of anna@example.com' USING ERRCODE = '{condition}'; END $$")

    assert reason_of(refused.value) == reason
