"""Export or erase the data about one address."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from companies.actors import SYSTEM
from config.exceptions import DomainError
from invitations.services.personal_data import erase_personal_data, export_personal_data


class Command(BaseCommand):
    help = (
        "Exports the data about one email address as JSON, or erases the address, with a random placeholder in its "
        "place. User names in encrypted credentials are not searched: delete the connection."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("operation", choices=["export", "erase"])
        parser.add_argument("address")

    def handle(self, *args: Any, operation: str, address: str, **options: Any) -> None:
        try:
            if operation == "export":
                self.stdout.write(json.dumps(export_personal_data(address), indent=2, ensure_ascii=False))
                return
            erasure = erase_personal_data(address, by=SYSTEM)
        except DomainError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"Erased in {erasure.values} values. They now have {erasure.placeholder}.")
