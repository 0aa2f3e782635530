"""Checks of this installation, whose findings are sentences. `settings.DOCTOR_CHECKS` names those of the apps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings as django_settings
from django.db import DatabaseError, InterfaceError
from django.utils.module_loading import import_string
from psycopg.errors import UndefinedTable

from config.db.errors import reason_of
from config.operations.checks import database, network, replica, settings
from config.operations.finding import Finding

Check = Callable[[], Iterator[Finding]]


@dataclass(frozen=True)
class Part:
    """Checks of one subject. They stop at an error of the database."""

    subject: str
    checks: tuple[Check, ...]

    def examine(self) -> Iterator[Finding]:
        try:
            for check in self.checks:
                yield from check()
        except (DatabaseError, InterfaceError) as error:
            if isinstance(error.__cause__, UndefinedTable):
                return  # migrations are missing, which is a finding of its own
            sentence = f"A question to the database had no answer: {reason_of(error)}."
            yield Finding(self.subject, sentence, "Look at the log of PostgreSQL.")


def examine(*, offline: bool = False) -> list[Finding]:
    """Return what is wrong, the grave things first. `offline`: ask no other machine than the database.

    Without a database, the checks that need it are left out.
    """
    found = list(Part("Settings", (settings.check_settings, settings.check_proxies)).examine())
    away = list(database.check_connection())
    found += away
    if not away:
        found += Part("Database", database.CHECKS).examine()
        found += Part("Replica", (replica.check_replica,)).examine()
        found += Part("Apps", tuple(map(import_string, django_settings.DOCTOR_CHECKS))).examine()
    if not offline:
        found += Part("Network", network.CHECKS).examine()
    return sorted(found, key=lambda finding: not finding.is_grave)
