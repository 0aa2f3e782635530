from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.worker_health import find_stall


class Command(BaseCommand):
    """Exit with 1 and the reason if background jobs do not run."""

    help = "Check that a worker runs jobs: the health check of its container."

    def handle(self, *args: Any, **options: Any) -> None:
        if stall := find_stall():
            raise CommandError(str(stall))
