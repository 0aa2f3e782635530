from types import SimpleNamespace

import pytest
from django.db import connection, connections

from config.db import lost_connections
from config.db.lost_connections import drop_lost_connections


@pytest.fixture
def idle(db, monkeypatch):
    """An idle connection of this thread, beside that of the test."""
    wrapper = connections.create_connection("default")
    wrapper.ensure_connection()
    monkeypatch.setattr(lost_connections, "connections", SimpleNamespace(all=lambda **_: [wrapper]))
    yield wrapper
    wrapper.in_atomic_block = False
    wrapper.close()


def end(wrapper) -> None:
    with connection.cursor() as cursor:
        pid = wrapper.connection.info.backend_pid
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])  # waits until it has ended
        assert cursor.fetchone() == (True,)


def test_only_ended_connections_are_dropped(idle):
    kept = idle.connection
    drop_lost_connections()
    assert idle.connection is kept

    end(idle)
    drop_lost_connections()
    assert idle.connection is None


def test_transaction_keeps_its_lost_connection(idle):
    end(idle)
    idle.in_atomic_block = True
    drop_lost_connections()
    assert idle.connection is not None
