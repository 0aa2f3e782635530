"""Parts of a request, by the code that runs."""

from functools import cache
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.utils.module_loading import import_string

OTHER = "other"
# beginnings of paths below the project, site-packages or the standard library; the longest one decides
PATHS = {
    "server (without granian and its loop)": ["config/server/"],
    "handler, request and response": ["django/core/handlers/", "django/http/", "config/wsgi.py"],
    "routing": ["django/urls/"],
    "REST framework": [
        "rest_framework/",
        "config/api/",
        "companies/api/authentication.py",
        "companies/api/base.py",
        "companies/api/idempotency.py",
        "companies/api/permissions.py",
    ],
    "validation": [
        "companies/addresses.py",
        "config/api/fields.py",
        "config/api/query.py",
        "config/db/metadata.py",
        "config/form_fields.py",
        "config/typed_address.py",
        "config/typed_text.py",
        "config/validators.py",
        "django/core/validators.py",
        "django/forms/",
        "django_countries/",
        "email_validator/",
        "idna/",
        "invitations/api/serializers.py",
        "invitations/contributor/forms/",
        "invitations/services/addresses.py",
        "invitations/services/terms.py",
        "rest_framework/fields.py",
        "rest_framework/serializers.py",
    ],
    "views and services": ["companies/", "config/", "connections/", "invitations/"],
    "ORM": ["config/db/", "django/contrib/postgres/", "django/db/"],
    "driver": [
        "config/db/statements.py",
        "config/db/time_loader.py",
        "django/db/backends/",
        "psycopg/",
        "psycopg_binary/",
    ],
    "jobs": ["config/jobs.py", "procrastinate/"],
    "crypto": [
        "config/crypto/",
        "cryptography/",
        "django/core/signing.py",
        "django/utils/crypto.py",
        "hmac.py",
        "invitations/models/tokens.py",
        "secrets.py",
    ],
    "JSON": [
        "companies/api/events.py",
        "config/api/json.py",
        "config/api/representation.py",
        "config/db/wire_text.py",
        "config/times.py",
        "invitations/api/representation.py",
        "json/",
    ],
    "templates": ["django/forms/renderers.py", "django/template/", "django/templatetags/", "config/templatetags/"],
    "log": ["config/redaction.py", "logging/", "pythonjsonlogger/"],
}
BEGINNINGS = sorted(
    ((path, part) for part, paths in PATHS.items() for path in paths), key=lambda each: len(each[0]), reverse=True
)
PROJECT = f"{Path(settings.BASE_DIR)}/"


def part_of(frame: FrameType | None) -> str:
    """Return the part of the innermost frame that has one. The others, such as the standard library, serve it."""
    middleware = middleware_classes()
    while frame is not None:
        if name := middleware.get(type(frame.f_locals.get("self"))):
            return name
        if part := part_of_file(frame.f_code.co_filename):
            return part
        frame = frame.f_back
    return OTHER


@cache
def part_of_file(path: str) -> str | None:
    relative = _relative(path)
    return next((part for beginning, part in BEGINNINGS if relative.startswith(beginning)), None)


@cache
def middleware_classes() -> dict[type, str]:
    return {import_string(path): f"middleware: {path.rpartition('.')[2]}" for path in settings.MIDDLEWARE}


def _relative(path: str) -> str:
    """Return the path below site-packages, the project or the standard library."""
    _before, found, behind = path.rpartition("/site-packages/")
    if found:
        return behind
    if path.startswith(PROJECT):
        return path.removeprefix(PROJECT)
    return path.rpartition("/lib/python3.")[2].partition("/")[2]


def in_order() -> list[str]:
    """Return the parts from the outermost to the innermost."""
    outer, *inner = PATHS
    return [outer, *middleware_classes().values(), *inner, OTHER]
