"""Steps of tests about checks, corrections and repairs."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
from django.conf import settings
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection, Credential
from connections.models.status import REPAIRABLE, Status
from connections.services.connections import report_status
from invitations.models import EmailProof, Invitation, InvitationEvent, Use
from invitations.models.consent import CONSENT_VERSION
from invitations.models.verification import hash_secret
from invitations.services.invitations import revoke_invitation

NEW = "n3w & better"
# extras that the check wants besides user name and password
WANTED = {
    Status.MFA_TOKEN_EXPIRED: {"authenticator_seed": "NEWKEY"},
    Status.ADDITIONAL_CREDENTIALS_NEEDED: {"account_number": "4712"},
}
OTHER_STATES = sorted(set(Status) - REPAIRABLE - {Status.PENDING})


def found(connection: Connection, status: Status = Status.PASSWORD_INCORRECT, **detail: Any) -> Connection:
    """Report a status, as a collector does."""
    return report_status(connection, status, by=SYSTEM, **detail)


def login(**changes: str) -> dict[str, str]:
    """Form data of a login."""
    consent = f"{CONSENT_VERSION} en"
    return {"form_id": str(uuid4()), "username": "the new user", "password": NEW, "consent": consent} | changes


def opened(connection: Connection) -> Any:
    """The decrypted credentials."""
    sealed = bytes(Credential.objects.get(connection=connection).encrypted)
    return orjson.loads(settings.KEYRING.decrypt(sealed, associated_data=f"credential:{connection.pk}"))


def read(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.content.decode())


def has_form(content: str) -> bool:
    return 'name="password"' in content


def rows() -> list[Any]:
    """Every row that a request to these pages could change."""
    models: list[Any] = [Connection, Credential, Invitation, InvitationEvent, Use]
    return [list(model.objects.order_by("pk").values()) for model in models]


def create_proof(client: Client, invitation: Invitation, email: str) -> EmailProof:
    """Give the client a proof of the address."""
    secret = str(uuid4())
    client.cookies[f"proof-{invitation.pk.hex}"] = secret
    return EmailProof.objects.create(
        invitation=invitation,
        email=email,
        secret_hash=hash_secret(secret),
        expires_at=timezone.now() + timedelta(hours=1),
    )


def expire(invitation: Invitation) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past - timedelta(days=1), expires_at=past)


def fulfil(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=1, use_count=1)


def revoke(invitation: Invitation) -> None:
    revoke_invitation(invitation, by=SYSTEM)
