"""Extensions of PostgreSQL that the tables need."""

from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.core.management import CommandError
from django.db import DatabaseError


class RequiredExtension(CreateExtension):
    """Create an extension unless it exists. Raises `CommandError` with one sentence that says what to do."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except DatabaseError as error:
            raise CommandError(
                f"The database needs the extension {self.name}, which could not be created: "
                f"have an administrator run CREATE EXTENSION {self.name}; in it, then migrate again."
            ) from error
