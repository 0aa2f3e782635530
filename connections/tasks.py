"""The sandbox's collector."""

from uuid import UUID

from config.jobs import job
from connections import sandbox
from connections.exceptions import ImpossibleMove, StaleReport


@job()
def check_sandbox(connection_id: str) -> None:
    """Play the collector for a sandbox connection, once; one that is not waiting any more is left alone."""
    try:
        sandbox.check(UUID(connection_id))
    except (StaleReport, ImpossibleMove):
        return  # newer login details have a check of their own
