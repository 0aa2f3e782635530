from argparse import ArgumentParser
from typing import Any

from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError

from config.operations.doctor import examine


class Command(BaseCommand):
    """Exit with 1 if something grave is wrong."""

    help = "Say what is wrong with this installation, and what to do."
    # it says itself what the system checks find
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help="ask no other machine than the database")
        parser.add_argument("--mail", metavar="ADDRESS", help="send a mail to this address")

    def handle(self, *args: Any, offline: bool, mail: str | None, **options: Any) -> None:
        findings = examine(offline=offline)
        for finding in findings:
            self.stdout.write(f"{'!' if finding.is_grave else '-'} {finding}")
        if mail:
            self._send(mail)
        grave = sum(finding.is_grave for finding in findings)
        if grave:
            raise CommandError(f"{grave} of these need your help." if grave > 1 else "One of these needs your help.")
        self.stdout.write("Nothing needs your help.")

    def _send(self, address: str) -> None:
        """Send a mail at once. Raises `CommandError` if it does not leave."""
        try:
            EmailMessage("A test mail of Latchkey", "Mails leave this installation.", to=[address]).send()
        except Exception as error:
            raise CommandError(f"The mail did not leave: {type(error).__name__}.") from error
        self.stdout.write(f"A mail to {address} has left. Look at its headers for the results of SPF and DKIM.")
