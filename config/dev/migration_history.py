"""Migrations that a database remembers and this version of Latchkey does not have."""

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config import database


def refuse_earlier_versions() -> None:
    """Refuse a database of a version whose migrations were squashed since: migrate would leave it as it is."""
    if unknown_migrations():
        way = "name an empty one in DATABASE_URL"
        if database.is_embedded():
            way = f"stop what uses it, move {database.EMBEDDED.folder} away and start again"
        raise ImproperlyConfigured(f"The database was made by an earlier version of Latchkey: {way}.")


def unknown_migrations() -> list[str]:
    """List applied migrations of our apps without a file, such as `companies.0007_lists`.

    Packages are left out: they drop old migrations once they have squashed them.
    """
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    loader = MigrationLoader(connection)
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    return sorted(f"{app}.{name}" for app, name in unknown if app in ours)
