"""Seal everything again with the newest key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from companies.models import Authenticator, StoredAnswer
from config.rotation import Sealed, count_by_key, reseal
from connections.models import Credential
from invitations.models import Invitation, PersonalLink

SEALED = (
    Sealed(Credential, "sealed", lambda row: f"credential:{row.pk}"),
    Sealed(Invitation, "sealed_token", lambda row: f"token:{row.pk}"),
    Sealed(PersonalLink, "sealed_token", lambda row: f"token:{row.pk}"),
    Sealed(Authenticator, "sealed_key", lambda row: row.binding),
)
# these are gone after a day by themselves: keep an old key as long as one of them uses it
PASSING = Sealed(StoredAnswer, "sealed_body", lambda row: "")


class Command(BaseCommand):
    help = (
        "Seals credentials, tokens and keys of authenticator apps again with the first of ENCRYPTION_KEYS, while the "
        "system is live; it may be stopped and run again. With --check it changes nothing and tells how many rows use "
        "which key: an old key may leave the environment when none does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Count only.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            for sealed in SEALED:
                done = sum(reseal(sealed))
                self.stdout.write(f"{sealed.model._meta.verbose_name_plural}: {done} sealed again.")
        for sealed in (*SEALED, PASSING):
            self._report(sealed)

    def _report(self, sealed: Sealed) -> None:
        newest = settings.KEYRING.sealing_key_id.hex()
        for key_id, rows in sorted(count_by_key(sealed).items()):
            name = "the newest key" if key_id == newest else "an older key"
            self.stdout.write(f"{sealed.model._meta.verbose_name_plural}: {rows} use {name} ({key_id}).")
