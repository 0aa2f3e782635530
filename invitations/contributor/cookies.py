from typing import Any

from django.conf import settings


def cookie_options() -> dict[str, Any]:
    """Options of `set_cookie`: only for the contributor's pages, hidden from scripts, over TLS where there is TLS."""
    return {"path": "/p/i/", "secure": settings.SECURE, "httponly": True, "samesite": "Lax"}
