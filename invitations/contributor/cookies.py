"""Cookies of the contributor's pages."""

from typing import Any

from django.conf import settings


def kept_private() -> dict[str, Any]:
    """How such a cookie is set: sent to these pages only, read by no script, and over TLS where there is TLS."""
    return {"path": "/p/i/", "secure": settings.SECURE, "httponly": True, "samesite": "Lax"}
