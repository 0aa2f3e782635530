"""Form data that a contributor posts."""

from typing import Any
from uuid import uuid4

from django.test import Client

from connections.models import Connection, Credential, ExtraCredential
from invitations.models import Invitation, Use
from invitations.models.consent import CONSENT_VERSION
from tests.secrecy import KNOWN

PASSWORD = "pa55 wörd & more"
PROVIDER_URL = "https://portal.utility.example/login"
RESULT_PAGES = {"done": "", "state": "/state", "correct": "/correct"}
SECRET = ("username", "password", *ExtraCredential.values)


def answers(**changes: Any) -> dict[str, Any]:
    """The required fields, with `changes`. A field changed to None is not posted."""
    filled = {
        "form_id": str(uuid4()),
        "provider": PROVIDER_URL,
        "username": "riverside",
        "password": PASSWORD,
        "consent": f"{CONSENT_VERSION} en",
    } | changes
    KNOWN.note(*(str(filled[name]) for name in SECRET if filled.get(name)))
    return {name: value for name, value in filled.items() if value is not None}


def page(invitation: Invitation, name: str = "", *, token: str | None = None, use: Use | None = None) -> str:
    """The path of a page of the invitation. The pages of a result are those of `use`, by default the newest."""
    path = f"/p/i/{token or invitation.token}"
    use = use or invitation.uses.order_by("pk").last()
    if name in RESULT_PAGES and use:
        return f"{path}/done/{use.pk}{RESULT_PAGES[name]}"
    return f"{path}/{name}" if name else path


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
