"""Seal everything again with the newest key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from companies.models import Authenticator, StoredAnswer
from config.crypto.rotation import Sealed, count_by_key, reseal
from connections.models import Credential
from invitations.models import Invitation, PersonalLink

SEALED = (
    Sealed(Credential, "sealed", lambda row: f"credential:{row.pk}"),
    Sealed(Invitation, "encrypted_token", lambda row: f"token:{row.pk}"),
    Sealed(PersonalLink, "encrypted_token", lambda row: f"token:{row.pk}"),
    Sealed(Authenticator, "encrypted_key", lambda row: row.binding),
)
# these are gone after a day by themselves: keep an old key as long as one of them uses it
PASSING = Sealed(StoredAnswer, "encrypted_body", lambda row: "")
DAMAGED = (
    "{rows} could not be opened; the log names each. If a key has left ENCRYPTION_KEYS, put it back and run this "
    "again. If a row was altered or moved, what it held is lost: ask for new login details, replace the link, or "
    "reset the second factor."
)
LOST = (
    "{rows} cannot be opened: sealed with a key that is not in ENCRYPTION_KEYS. If it has left them, put it back. If a "
    "row was altered, run this without --check, and the log names it. (Stored answers are gone after a day anyway.)"
)


class Command(BaseCommand):
    help = (
        "Seals credentials, tokens and keys of authenticator apps again with the first of ENCRYPTION_KEYS, while the "
        "system is live; it may be stopped and run again. With --check it changes nothing and tells how many rows use "
        "which key: an old key may leave the environment when none does. A row that does not open is left as it is, "
        "and the command fails; with --check it fails for a row whose key is not there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Count only.")

    def handle(self, *args: Any, **options: Any) -> None:
        damaged = 0 if options["check"] else sum(map(self._reseal, SEALED))
        lost = sum(map(self._report, (*SEALED, PASSING)))
        if damaged or lost:
            number, words = (damaged, DAMAGED) if damaged else (lost, LOST)
            raise CommandError(words.format(rows="1 row" if number == 1 else f"{number} rows"))

    def _reseal(self, sealed: Sealed) -> int:
        """How many rows do not open."""
        done = damaged = 0
        for batch in reseal(sealed):
            done, damaged = done + batch.done, damaged + batch.damaged
        self.stdout.write(f"{sealed.model._meta.verbose_name_plural}: {done} sealed again.")
        return damaged

    def _report(self, sealed: Sealed) -> int:
        """How many rows use a key that is not here."""
        counted = count_by_key(sealed)
        for key_id, rows in sorted(counted.items()):
            self.stdout.write(
                f"{sealed.model._meta.verbose_name_plural}: {rows} use {name_of(key_id)} ({key_id.hex()})."
            )
        return sum(rows for key_id, rows in counted.items() if not settings.KEYRING.has_id(key_id))


def name_of(key_id: bytes) -> str:
    """A key, as an operator may know it."""
    if key_id == settings.KEYRING.sealing_key_id:
        return "the newest key"
    if settings.KEYRING.has_id(key_id):
        return "an older key of the ring"
    return "a key that is not here and do not open"
