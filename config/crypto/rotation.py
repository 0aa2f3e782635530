"""Sealing again, with the newest key, what an older one sealed: live, stopped and resumed at will."""

import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import BinaryField, Count
from django.db.models.functions import Substr

from config.crypto.keyring import ID_BYTES, DecryptionError

BATCH = 500
logger = logging.getLogger("latchkey")


class Sealed(NamedTuple):
    """A column of sealed values, and what each is bound to."""

    model: type[models.Model]
    column: str
    binding: Callable[[Any], str]


class Resealed(NamedTuple):
    """How many rows of a batch were sealed again, and how many do not open and were left as they are."""

    done: int
    damaged: int


def reseal(sealed: Sealed) -> Iterator[Resealed]:
    """Yields, batch by batch, what came of it. The ids of damaged rows are logged.

    Each batch is a transaction of its own and passes over rows that somebody holds: run again, it finds those.
    """
    after: Any = None
    while True:
        with transaction.atomic():
            rows = sealed.model._default_manager.select_for_update(skip_locked=True).order_by("pk")
            batch = list((rows.filter(pk__gt=after) if after else rows).only("pk", sealed.column)[:BATCH])
            old = [row for row in batch if _is_old(row, sealed)]
            renewed = [row for row in old if _renew(row, sealed)]
            sealed.model._default_manager.bulk_update(renewed, [sealed.column])
        if not batch:
            return
        after = batch[-1].pk
        yield Resealed(len(renewed), len(old) - len(renewed))


def count_by_key(sealed: Sealed) -> dict[bytes, int]:
    """How many rows each key has sealed, by the key's id. A row that was cut short or altered has any id."""
    key_id = Substr(sealed.column, 1, ID_BYTES, output_field=BinaryField())
    counted = (
        sealed.model._default_manager.order_by().annotate(key_id=key_id).values("key_id").annotate(rows=Count("pk"))
    )
    return {bytes(row["key_id"]): row["rows"] for row in counted}


def _is_old(row: Any, sealed: Sealed) -> bool:
    return bytes(getattr(row, sealed.column))[:ID_BYTES] != settings.KEYRING.sealing_key_id


def _renew(row: Any, sealed: Sealed) -> bool:
    try:
        secret = settings.KEYRING.decrypt(bytes(getattr(row, sealed.column)), associated_data=sealed.binding(row))
    except DecryptionError as error:  # one damaged row does not keep the others from their new key
        logger.error("%s %s: %s", sealed.model._meta.verbose_name, row.pk, error)
        return False
    setattr(row, sealed.column, settings.KEYRING.encrypt(secret, associated_data=sealed.binding(row)))
    return True
