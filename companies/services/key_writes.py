"""The position that a replica must reach before a key that wrote reads from it."""

import logging
from uuid import UUID

from django.db import DatabaseError

from companies.services.statements import LAST_WRITE, RECORD_WRITE
from config.db import replica

logger = logging.getLogger("latchkey.replica")


def record_write(api_key_id: UUID) -> None:
    """Remember that the key wrote until now, for all processes. Does nothing without a replica."""
    if not replica.is_configured():
        return
    try:
        RECORD_WRITE.row(api_key=api_key_id)
    except DatabaseError as error:  # the write itself is done
        logger.warning("The position of a write was not stored: %s", type(error).__name__)


def last_write(api_key_id: UUID) -> int:
    """Return the position of the last write of the key, 0 for none."""
    row = LAST_WRITE.row(api_key=api_key_id)
    return row[0] if row else 0
