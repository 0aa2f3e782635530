"""What a contributor's browser posts."""

from typing import Any
from uuid import uuid4

from invitations.models import Invitation

PASSWORD = "pa55 wörd & more"
PROVIDER_URL = "https://portal.utility.example/login"


def answers(**changes: Any) -> dict[str, Any]:
    """A form filled in with as little as it takes; a field changed to None is not posted at all."""
    filled = {
        "submission": str(uuid4()),
        "provider": PROVIDER_URL,
        "username": "riverside",
        "password": PASSWORD,
    } | changes
    return {name: value for name, value in filled.items() if value is not None}


def page(invitation: Invitation, name: str = "") -> str:
    """The path of one of the invitation's pages."""
    return f"/p/i/{invitation.token}" + (f"/{name}" if name else "")
