"""Check that `collectstatic` has run: without its files, pages are a 500."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured

NOT_COLLECTED = "Static files are missing or old: run `python manage.py collectstatic --noinput`, then start again."


def check_static_files() -> None:
    """Raise `ImproperlyConfigured` unless each of our own static files is in the manifest of collected ones."""
    if not are_static_files_collected():
        raise ImproperlyConfigured(NOT_COLLECTED)


def are_static_files_collected() -> bool:
    """True if the server can name every static file. A development server reads them from their source folders."""
    collected = getattr(staticfiles_storage, "hashed_files", None)
    return collected is None or all(name in collected for name in _own_files())


@cache
def _own_files() -> frozenset[str]:
    """Return the names of our files. Cached, because anyone may call the probe that asks for them."""
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    return frozenset(
        str(file.relative_to(folder)) for folder in folders for file in folder.rglob("*") if file.is_file()
    )
