"""Form data that a contributor posts."""

from typing import Any
from uuid import uuid4

from django.test import Client

from connections.models import Connection, Credential, ExtraCredential
from invitations.models import Invitation, Use
from tests.secrecy import KNOWN

PASSWORD = "pa55 wörd & more"
PROVIDER_URL = "https://portal.utility.example/login"
SECRET = ("username", "password", *ExtraCredential.values)


def answers(**changes: Any) -> dict[str, Any]:
    """The required fields, with `changes`. A field changed to None is not posted."""
    filled = {
        "form_id": str(uuid4()),
        "provider": PROVIDER_URL,
        "username": "riverside",
        "password": PASSWORD,
    } | changes
    KNOWN.note(*(str(filled[name]) for name in SECRET if filled.get(name)))
    return {name: value for name, value in filled.items() if value is not None}


def page(invitation: Invitation, name: str = "") -> str:
    """The path of a page of the invitation."""
    return f"/p/i/{invitation.token}" + (f"/{name}" if name else "")


def submit(client: Client, invitation: Invitation, **changes: Any) -> Any:
    return client.post(page(invitation, "connect"), answers(**changes))


def saved(client: Client, invitation: Invitation, **changes: Any) -> Connection:
    """Submit a valid form and return the connection it made."""
    response = submit(client, invitation, **changes)
    assert response.status_code == 302, response.content.decode()
    assert response["Location"] == page(invitation, "done")
    return Connection.objects.order_by("pk").last()


def stored() -> list[int]:
    """Numbers of rows that submitted forms have made."""
    return [model.objects.count() for model in (Connection, Credential, Use)]
