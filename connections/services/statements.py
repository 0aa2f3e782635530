"""SQL that stores a new connection, or shares one with its readers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from companies.services.webhooks.statements import Publication
from config.db.inserts import Insert
from config.db.statements import Statement
from connections.models import Connection, ConnectionEvent, Credential
from connections.services.events import created_event

if TYPE_CHECKING:
    from connections.services.connections import ConnectionDraft

SANDBOX_DELAY = timedelta(seconds=2)
# as `config.jobs.defer` would queue it, if there is a delay
_CHECK = """
    sandbox_check AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
        SELECT 'default', 'connections.tasks.check_sandbox',
            jsonb_build_object('connection_id', %(connection_id)s::uuid),
            clock_timestamp() + %(sandbox_delay)s::interval
        {} WHERE %(sandbox_delay)s::interval IS NOT NULL
    )
"""
_connection, _credential = Insert(Connection, "connection"), Insert(Credential, "credential")
_event, _published = Insert(ConnectionEvent, "connection_event"), Publication("connection_published")
_INSERT = Statement(f"""
    WITH connection AS ({_connection.sql}), credential AS ({_credential.sql}), {_CHECK.format("")},
    {_published.sql}, {_published.wake_sql}
    {_event.sql} RETURNING id
""")


def insert_only_from(part: str) -> str:
    """Write the parts of a WITH that insert a connection, and its check, if the earlier `part` has returned a row."""
    rows = (("connection", _connection), ("credential", _credential), ("connection_event", _event))
    inserts = ", ".join(f"{name} AS ({row.only_from(part)})" for name, row in rows)
    check = _CHECK.format(f"FROM {part}")
    return f"{inserts}, {check}, {Publication('connection_published', only_from=part).sql}"


def connection_values(draft: ConnectionDraft) -> dict[str, Any]:
    made = _connection.values(draft.connection)  # sets `updated_at`, which the event shows
    published = created_event(draft.connection, draft.invitation)
    rows = _credential.values(draft.credential) | _event.values(draft.created)
    delay = SANDBOX_DELAY if is_sandboxed(draft.connection) else None
    return made | rows | _published.values(published) | {"sandbox_delay": delay}


def is_sandboxed(connection: Connection) -> bool:
    """True if a job checks the login. Real collectors poll for PENDING."""
    return bool(connection.datasource and connection.datasource.is_sandbox)


def insert_connection(draft: ConnectionDraft) -> None:
    """Insert the connection, its credentials, its events and the job of a sandbox, or none."""
    _INSERT.row(**connection_values(draft))


_SHARE = Statement("SELECT status FROM connections_connection WHERE id = %(id)s FOR KEY SHARE")


def share_connection(connection_id: UUID) -> str | None:
    """Return the status under a lock that waits for `lock_connection` and for nothing else, also not for readers."""
    row = _SHARE.row(id=connection_id)
    return row[0] if row else None
