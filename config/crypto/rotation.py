"""Key rotation: re-encrypt rows with the newest key while the system is live. It can be stopped and resumed."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import BinaryField, Count
from django.db.models.functions import Substr

from config.crypto.keyring import ID_BYTES, DecryptionError

BATCH = 500
logger = logging.getLogger("latchkey")


class EncryptedColumn(NamedTuple):
    """A column of encrypted values, with the associated data of a row."""

    model: type[models.Model]
    column: str
    associated_data: Callable[[Any], str]

    def value_of(self, row: Any) -> bytes:
        return bytes(getattr(row, self.column))

    @property
    def rows(self) -> models.QuerySet[Any]:
        """Rows with a value. Deleted ones have none."""
        return self.model._default_manager.filter(**{f"{self.column}__isnull": False})


class BatchResult(NamedTuple):
    """Numbers of rows: re-encrypted, and left unchanged because they do not decrypt."""

    done: int
    damaged: int


def reencrypt(encrypted: EncryptedColumn) -> Iterator[BatchResult]:
    """Re-encrypt rows that use an older key, batch by batch. Logs the id of each damaged row.

    Each batch is one transaction. It skips rows that are locked; the next run finds them.
    """
    after: Any = None
    while True:
        with transaction.atomic():
            rows = encrypted.rows.select_for_update(skip_locked=True).order_by("pk")
            batch = list((rows.filter(pk__gt=after) if after else rows).only("pk", encrypted.column)[:BATCH])
            old = [row for row in batch if encrypted.value_of(row)[:ID_BYTES] != settings.KEYRING.current_key_id]
            renewed = [row for row in old if _reencrypt_row(row, encrypted)]
            encrypted.model._default_manager.bulk_update(renewed, [encrypted.column])
        if not batch:
            return
        after = batch[-1].pk
        yield BatchResult(len(renewed), len(old) - len(renewed))


def count_rows_by_key(encrypted: EncryptedColumn) -> dict[bytes, int]:
    """Count rows by the id of their key. A truncated or altered row has an arbitrary id."""
    key_id = Substr(encrypted.column, 1, ID_BYTES, output_field=BinaryField())
    rows = encrypted.rows.order_by().annotate(key_id=key_id)
    return {bytes(row["key_id"]): row["rows"] for row in rows.values("key_id").annotate(rows=Count("pk"))}


def sampled_keys(encrypted: EncryptedColumn) -> Counter[bytes]:
    """Count the oldest and the newest `BATCH` rows by the id of their key. Costs the same with more rows."""
    key_id = Substr(encrypted.column, 1, ID_BYTES, output_field=BinaryField())
    sampled: dict[Any, bytes] = {}
    for order in ("pk", "-pk"):
        rows = encrypted.rows.order_by(order).values_list("pk", key_id)[:BATCH]
        sampled |= {pk: bytes(found) for pk, found in rows}
    return Counter(sampled.values())


def _reencrypt_row(row: Any, encrypted: EncryptedColumn) -> bool:
    associated_data = encrypted.associated_data(row)
    try:
        secret = settings.KEYRING.decrypt(encrypted.value_of(row), associated_data=associated_data)
    except DecryptionError as error:  # one damaged row must not keep the others from the new key
        logger.error("%s %s: %s", encrypted.model._meta.verbose_name, row.pk, error)
        return False
    setattr(row, encrypted.column, settings.KEYRING.encrypt(secret, associated_data=associated_data))
    return True
