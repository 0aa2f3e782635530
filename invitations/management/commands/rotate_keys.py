"""Re-encrypt all secrets with the newest key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.crypto.rotation import EncryptedColumn, count_rows_by_key, reencrypt
from invitations.services.encrypted_columns import ENCRYPTED, SHORT_LIVED, name_of

DAMAGED = (
    "{rows} could not be decrypted; the log names each. If a key was removed from ENCRYPTION_KEYS, put it back and run "
    "this again. If a row was altered or moved, its content is lost: ask for new login details, replace the link, or "
    "reset the second factor."
)
LOST = (
    "{rows} cannot be decrypted: their key is not in ENCRYPTION_KEYS. If it was removed, put it back. If a row was "
    "altered, run this without --check, and the log names it. (Stored responses are deleted after a day anyway.)"
)


class Command(BaseCommand):
    help = (
        "Re-encrypts credentials, tokens and authenticator keys with the first of ENCRYPTION_KEYS, while the system is "
        "live. It can be stopped and run again. With --check it changes nothing and counts the rows of each key: "
        "remove an old key when no row uses it. A row that does not decrypt stays unchanged and the command fails. "
        "With --check it fails for a row whose key is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Count only.")

    def handle(self, *args: Any, **options: Any) -> None:
        damaged = 0 if options["check"] else sum(map(self._reencrypt, ENCRYPTED))
        lost = sum(map(self._report, (*ENCRYPTED, SHORT_LIVED)))
        if damaged or lost:
            number, words = (damaged, DAMAGED) if damaged else (lost, LOST)
            raise CommandError(words.format(rows="1 row" if number == 1 else f"{number} rows"))

    def _reencrypt(self, column: EncryptedColumn) -> int:
        """Return the number of rows that do not decrypt."""
        done = damaged = 0
        for batch in reencrypt(column):
            done, damaged = done + batch.done, damaged + batch.damaged
        self.stdout.write(f"{column.model._meta.verbose_name_plural}: {done} re-encrypted.")
        return damaged

    def _report(self, column: EncryptedColumn) -> int:
        """Return the number of rows whose key is missing."""
        counted = count_rows_by_key(column)
        for key_id, rows in sorted(counted.items()):
            self.stdout.write(
                f"{column.model._meta.verbose_name_plural}: {rows} use {name_of(key_id)} ({key_id.hex()})."
            )
        return sum(rows for key_id, rows in counted.items() if not settings.KEYRING.has_key_id(key_id))
