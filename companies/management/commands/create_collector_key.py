"""`manage.py create_collector_key`: an API key for a collector, by an operator who has a shell."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from companies.models import COLLECTOR_SCOPES, Partner
from companies.services.partners import issue_api_key
from config.db.uuid7 import parse_uuid
from config.exceptions import DomainError


class Command(BaseCommand):
    help = "Creates an API key that reads credentials and reports statuses, and prints its value once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="Id or exact name of the partner.")
        parser.add_argument("--name", default="Collector", help="Name of the key. Default: Collector.")

        parser.add_argument("--test", action="store_true", help="Create a key of test mode.")

    def handle(self, *args: Any, **options: Any) -> None:
        partner_id = parse_uuid(options["partner"])
        found = Partner.objects.filter(**({"pk": partner_id} if partner_id else {"name": options["partner"]}))[:2]
        if len(found) != 1:
            raise CommandError("No partner has this id or name." if not found else "Several partners have this name.")
        try:
            _, value = issue_api_key(
                found[0], name=options["name"], is_live=not options["test"], scopes=sorted(COLLECTOR_SCOPES)
            )
        except DomainError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(value)
