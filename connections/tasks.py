from uuid import UUID

from config.jobs import job
from connections.exceptions import ImpossibleStatusChange, StaleReport
from connections.services.sandbox import check_sandbox_connection


@job()
def check_sandbox(connection_id: str) -> None:
    """Check a sandbox connection as a collector would, once."""
    try:
        check_sandbox_connection(UUID(connection_id))
    except (StaleReport, ImpossibleStatusChange):
        return  # newer credentials have a check of their own
