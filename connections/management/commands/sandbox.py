from typing import Any

from django.core.management.base import BaseCommand

from connections.services.sandbox import ensure_demanding_sandbox, ensure_sandbox


class Command(BaseCommand):
    help = "Creates missing sandbox providers for partners' tests, and prints their ids."

    def handle(self, *args: Any, **options: Any) -> None:
        for sandbox in (ensure_sandbox(), ensure_demanding_sandbox()):
            self.stdout.write(f"{sandbox.name}: {sandbox.pk}")
