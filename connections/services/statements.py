"""SQL that stores a new connection."""

from typing import Any

from config.db.inserts import Insert
from config.db.statements import Statement
from connections.models import Connection, ConnectionEvent, Credential

_connection, _credential = Insert(Connection, "connection"), Insert(Credential, "credential")
_event = Insert(ConnectionEvent, "connection_event")
# parts of a WITH
CONNECTION_INSERTS = f"connection AS ({_connection.sql}), credential AS ({_credential.sql})"
EVENT_INSERT = _event.sql
_INSERT = Statement(f"WITH {CONNECTION_INSERTS} {EVENT_INSERT} RETURNING id")


def connection_values(connection: Connection, credential: Credential, created: ConnectionEvent) -> dict[str, Any]:
    return _connection.values(connection) | _credential.values(credential) | _event.values(created)


def insert_connection(connection: Connection, credential: Credential, created: ConnectionEvent) -> None:
    """Insert all three rows, or none."""
    _INSERT.row(**connection_values(connection, credential, created))
