"""The vault: what the utility asks for goes in, sealed, and comes out for a collector only."""

import logging
from typing import Any, NotRequired, TypedDict
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from companies.actors import Actor
from companies.log import append_line
from config.vault import Unsealable
from connections.exceptions import CredentialsUnreadable
from connections.models import Connection, ConnectionEvent, ConnectionEventType, Credential

logger = logging.getLogger("latchkey")


class Credentials(TypedDict):
    """What the utility asks for at its login page."""

    username: str
    password: str
    account_number: NotRequired[str]
    security_answer: NotRequired[str]
    authenticator_seed: NotRequired[str]


@sensitive_variables()
@transaction.atomic
def read_credentials(connection: Connection, *, by: Actor) -> tuple[Credentials, int]:
    """The credentials and their version, for a collector. Every read is logged on the connection.

    Refuses those that do not open, which is an error in the log for whoever runs this, and no read.
    """
    # without a lock: a change holds the connection, which the log line needs, and waits for the credential
    credential = Credential.objects.get(connection=connection)
    log_connection_event(connection, ConnectionEventType.CREDENTIALS_READ, by=by)
    try:
        opened = settings.KEYRING.unseal(bytes(credential.sealed), bound_to=_binding(connection.pk))
    except Unsealable as error:
        logger.error("the credentials of connection %s do not open: %s", connection.pk, error)
        raise CredentialsUnreadable from None
    credentials: Credentials = orjson.loads(opened)
    return credentials, credential.version


@sensitive_variables("credentials")
def seal_credentials(connection: Connection, credentials: Credentials) -> bytes:
    """Readable only with the keys from the environment, and only as this connection's."""
    return settings.KEYRING.seal(orjson.dumps(credentials), bound_to=_binding(connection.pk))


def log_connection_event(
    connection: Connection, event_type: ConnectionEventType, *, by: Actor, email: str | None = None, **detail: Any
) -> ConnectionEvent:
    """Append a line to the connection's log; call it in the transaction that makes the line true."""
    return append_line(connection.events, event_type, by=by, email=email, detail=detail)


def _binding(connection_id: UUID) -> str:
    return f"credential:{connection_id}"
