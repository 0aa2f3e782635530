"""Make the sandbox."""

from typing import Any

from django.core.management.base import BaseCommand

from connections.services.sandbox import ensure_demanding_sandbox, ensure_sandbox


class Command(BaseCommand):
    help = "Makes the providers that only play a utility, for partners' tests, where they are missing; tells their ids."

    def handle(self, *args: Any, **options: Any) -> None:
        for sandbox in (ensure_sandbox(), ensure_demanding_sandbox()):
            self.stdout.write(f"{sandbox.name}: {sandbox.pk}")
