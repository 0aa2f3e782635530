import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from invitations.services.demo import ensure_demo


class Command(BaseCommand):
    help = "Creates missing demo data: two partners, a company with sites and a connection, and a staff login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print it as one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        demo = ensure_demo()
        if options["json"]:
            self.stdout.write(json.dumps(demo))
            return
        for name, value in demo.items():
            self.stdout.write(f"{name}: {'(was changed)' if value is None else value}")
