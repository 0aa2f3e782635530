"""Checks of the replica of `REPLICA_URL`. Nothing is lost without it: the primary answers."""

from collections.abc import Iterator

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError

from config.db.errors import reason_of
from config.db.replica import PRIMARY_POSITION, REPLICA, REPLICA_POSITION, ask, is_configured
from config.operations.finding import Finding

MOST_BYTES_BEHIND = 16 * 1024 * 1024


def check_replica() -> Iterator[Finding]:
    if not is_configured():
        return
    written, identity = ask(DEFAULT_DB_ALIAS, PRIMARY_POSITION)
    try:
        replayed, its_identity, is_standby = ask(REPLICA, REPLICA_POSITION)
    except (OperationalError, InterfaceError) as error:
        yield _advice(f"It does not respond: {reason_of(error)}.", "Start the standby, or correct REPLICA_URL.")
        return
    if not is_standby or its_identity != identity:
        yield _advice(
            "REPLICA_URL leads to a server that is no standby of the primary.",
            "If it was promoted, let DATABASE_URL lead to it, or make it a standby again.",
        )
    elif written - replayed > MOST_BYTES_BEHIND:
        megabytes = (written - replayed) // (1024 * 1024)
        yield _advice(f"It is {megabytes} MB behind.", "Look for a long query there, or for a slow disk or network.")


def _advice(sentence: str, remedy: str) -> Finding:
    return Finding("Replica", sentence, f"{remedy} Until then, the primary answers.", is_grave=False)
